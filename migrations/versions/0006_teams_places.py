"""Which team in Microsoft Teams a place is a channel of."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("teams_places", sa.Column("team", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("teams_places", "team")
