"""The parts that digests can be made of, by the names of their modules in `bot.digests.sections`."""

SECTION_NAMES = (
    # What needs somebody.
    "hold",
    "announcements",
    "needs_decision",
    "needs_designer",
    "verify_now",
    "health",
    # What changed since the last post.
    "came_back",
    "new_bugs",
    "since_last_post",
    "reviews",
    "hand_offs",
    "figma_comments",
    "shipped",
    # Figures.
    "qa_figures",
    "engineering_figures",
    "delivery_figures",
    "decided",
)
