"""The story of provisioning: one public function per use case, each one transaction."""

from services.provisioning.workflows.copies import adopt_calendar as adopt_calendar
from services.provisioning.workflows.copies import register_contracts as register_contracts
from services.provisioning.workflows.id_notice import NoticeDesk as NoticeDesk
from services.provisioning.workflows.id_notice import accept_ticket as accept_ticket
from services.provisioning.workflows.id_notice import forget_expired_tickets as forget_expired_tickets
from services.provisioning.workflows.id_notice import reveal_id_notice as reveal_id_notice
from services.provisioning.workflows.id_notice import view_id_notice as view_id_notice
from services.provisioning.workflows.issuing import IssuingTools as IssuingTools
from services.provisioning.workflows.issuing import issue_mailboxes as issue_mailboxes
from services.provisioning.workflows.issuing import prepare_credentials as prepare_credentials
from services.provisioning.workflows.timetable import Timetable as Timetable
from services.provisioning.workflows.timetable import announce_closing_windows as announce_closing_windows
from services.provisioning.workflows.timetable import close_windows as close_windows
from services.provisioning.workflows.timetable import start_services as start_services
