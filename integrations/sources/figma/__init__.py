"""Figma: what people ask in a file, and which frames are ready to be built, by its REST interface."""

from integrations.sources.base import Source, SourceContext, SourceKind
from integrations.sources.figma.source import NAME, FigmaFile
from integrations.trackers.base import TrackerVariable


def _make(context: SourceContext) -> Source:
    return FigmaFile.of(context.project, context.values, context.now)


KIND = SourceKind(
    name=NAME,
    title="Figma",
    # https://developers.figma.com/docs/rest-api/file-endpoints: what stands behind /design/ in a file's address.
    project_pattern=r"[A-Za-z0-9]{10,128}",
    project_example="aBcD1234efGH5678ijKL90",
    make=_make,
    variables=(
        TrackerVariable(
            "FIGMA_TOKEN", "Access token that may read files, comments and dev resources", secret=True, required=True
        ),
        TrackerVariable("FIGMA_API_URL", "Address of the API", default="https://api.figma.com/"),
    ),
)
