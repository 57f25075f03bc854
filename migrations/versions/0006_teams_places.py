"""Which team in Microsoft Teams a place is a channel of, and whose chat a chat is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("teams_places", sa.Column("team", sa.Text(), server_default="", nullable=False))
    op.create_index("ix_teams_contacts_workspace_chat", "teams_contacts", ["workspace", "chat"])


def downgrade() -> None:
    op.drop_index("ix_teams_contacts_workspace_chat", "teams_contacts")
    op.drop_column("teams_places", "team")
