"""What we ask Linear; a test checks every document against Linear's published schema."""

_USER = "id name displayName email isMe"

_ISSUE_PARTS = f"""
fragment IssueParts on Issue {{
  id
  identifier
  title
  description
  url
  createdAt
  updatedAt
  trashed
  state {{ name type }}
  team {{ key }}
  creator {{ {_USER} }}
  botActor {{ name }}
  assignee {{ {_USER} }}
  labels(first: 50) {{ nodes {{ id name }} }}
}}
"""

_COMMENT_PARTS = f"""
fragment CommentParts on Comment {{
  id
  body
  url
  createdAt
  updatedAt
  user {{ {_USER} }}
  botActor {{ name }}
  externalUser {{ name }}
  issue {{ id team {{ key }} }}
}}
"""

STANDING = f"""
query Standing($key: String!) {{
  viewer {{ {_USER} }}
  teams(first: 1, filter: {{ key: {{ eq: $key }} }}) {{ nodes {{ key name }} }}
}}
"""

TEAM = """
query Team($key: String!) {
  teams(first: 1, filter: { key: { eq: $key } }) {
    nodes { id states(first: 100) { nodes { id name type position } } }
  }
}
"""

LABEL = """
query Label($key: String!, $name: String!) {
  issueLabels(
    first: 10
    filter: {
      name: { eqIgnoreCase: $name }
      isGroup: { eq: false }
      or: [{ team: { key: { eq: $key } } }, { team: { null: true } }]
    }
  ) { nodes { id name } }
}
"""

CREATE_LABEL = """
mutation CreateLabel($input: IssueLabelCreateInput!) {
  issueLabelCreate(input: $input) { issueLabel { id name } }
}
"""

ISSUE = f"""
query Issue($id: String!) {{
  issue(id: $id) {{ ...IssueParts }}
}}
{_ISSUE_PARTS}
"""

CREATE_ISSUE = f"""
mutation CreateIssue($input: IssueCreateInput!) {{
  issueCreate(input: $input) {{ issue {{ ...IssueParts }} }}
}}
{_ISSUE_PARTS}
"""

UPDATE_ISSUE = f"""
mutation UpdateIssue($id: String!, $input: IssueUpdateInput!) {{
  issueUpdate(id: $id, input: $input) {{ issue {{ ...IssueParts }} }}
}}
{_ISSUE_PARTS}
"""

# By the id we chose; and among our newest, for a server that chose another one.
FIND_ISSUE = f"""
query FindIssue($id: ID!, $key: String!) {{
  chosen: issues(first: 1, includeArchived: true, filter: {{ id: {{ eq: $id }} }}) {{ nodes {{ ...IssueParts }} }}
  newest: issues(
    first: 50
    filter: {{ team: {{ key: {{ eq: $key }} }}, creator: {{ isMe: {{ eq: true }} }} }}
  ) {{ nodes {{ ...IssueParts }} }}
}}
{_ISSUE_PARTS}
"""

CHANGED_ISSUES = f"""
query ChangedIssues($key: String!, $since: DateTimeOrDuration!, $first: Int!, $after: String) {{
  issues(
    first: $first
    after: $after
    orderBy: updatedAt
    filter: {{ team: {{ key: {{ eq: $key }} }}, updatedAt: {{ gte: $since }} }}
  ) {{
    nodes {{ ...IssueParts }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
{_ISSUE_PARTS}
"""

CHANGED_COMMENTS = f"""
query ChangedComments($key: String!, $since: DateTimeOrDuration!, $first: Int!, $after: String) {{
  comments(
    first: $first
    after: $after
    orderBy: updatedAt
    filter: {{ issue: {{ team: {{ key: {{ eq: $key }} }} }}, updatedAt: {{ gte: $since }} }}
  ) {{
    nodes {{ ...CommentParts }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
{_COMMENT_PARTS}
"""

# Linear lists the newest first, so that reading from the end gives the oldest.
LIST_ISSUES = f"""
query ListIssues($key: String!, $last: Int!, $before: String) {{
  teams(first: 1, filter: {{ key: {{ eq: $key }} }}) {{ nodes {{ issueCount }} }}
  issues(last: $last, before: $before, orderBy: createdAt, filter: {{ team: {{ key: {{ eq: $key }} }} }}) {{
    nodes {{ ...IssueParts }}
    pageInfo {{ hasPreviousPage startCursor }}
  }}
}}
{_ISSUE_PARTS}
"""

LIST_COMMENTS = f"""
query ListComments($issue: ID!, $first: Int!, $after: String) {{
  comments(first: $first, after: $after, orderBy: createdAt, filter: {{ issue: {{ id: {{ eq: $issue }} }} }}) {{
    nodes {{ ...CommentParts }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
{_COMMENT_PARTS}
"""

FIND_COMMENT = f"""
query FindComment($id: ID!) {{
  comments(first: 1, filter: {{ id: {{ eq: $id }} }}) {{ nodes {{ ...CommentParts }} }}
}}
{_COMMENT_PARTS}
"""

CREATE_COMMENT = f"""
mutation CreateComment($input: CommentCreateInput!) {{
  commentCreate(input: $input) {{ comment {{ ...CommentParts }} }}
}}
{_COMMENT_PARTS}
"""

UPDATE_COMMENT = f"""
mutation UpdateComment($id: String!, $input: CommentUpdateInput!) {{
  commentUpdate(id: $id, input: $input) {{ comment {{ ...CommentParts }} }}
}}
{_COMMENT_PARTS}
"""

DELETE_COMMENT = """
mutation DeleteComment($id: String!) {
  commentDelete(id: $id) { success }
}
"""

RELATIONS = """
query Relations($id: String!) {
  issue(id: $id) { relations(first: 50) { nodes { type relatedIssue { id } } } }
}
"""

RELATE = """
mutation Relate($input: IssueRelationCreateInput!) {
  issueRelationCreate(input: $input) { success }
}
"""

FIND_USERS = f"""
query FindUsers($word: String!) {{
  users(
    first: 20
    filter: {{
      active: {{ eq: true }}
      or: [
        {{ email: {{ eqIgnoreCase: $word }} }}
        {{ name: {{ containsIgnoreCase: $word }} }}
        {{ displayName: {{ containsIgnoreCase: $word }} }}
      ]
    }}
  ) {{ nodes {{ {_USER} }} }}
}}
"""

PROFILES = """
query Profiles($ids: [ID!]!) {
  users(first: 50, filter: { id: { in: $ids } }) { nodes { id url } }
}
"""
