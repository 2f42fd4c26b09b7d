"""Tasks that ask a person (Airflow 3.1's human in the loop): they load with their arguments, and fail when they run.

What is refused while the file loads was seen in Airflow 3.3.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from brisa.authoring.exceptions import AirflowFailException
from brisa.authoring.operator import BaseOperator
from brisa.errors import AuthoringError
from brisa.model.states import Decides
from brisa.operators.branch import SkipMixin


class HITLOperator(BaseOperator):
    """Asks somebody to choose among ``options``, and for the values of ``params``."""

    holds_no_worker = True

    template_fields: Sequence[str] = ("subject", "body")

    def __init__(
        self,
        *,
        subject: str,
        options: list[str],
        body: str | None = None,
        defaults: str | list[str] | None = None,
        multiple: bool = False,
        params: Any = None,
        notifiers: Any = None,
        assigned_users: Any = None,
        response_timeout: timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(params=params, **kwargs)
        self.subject = subject
        self.body = body
        self.options = list(options)
        self.defaults = [defaults] if isinstance(defaults, str) else defaults
        self.multiple = multiple
        self.notifiers = notifiers if isinstance(notifiers, list) else [notifiers] if notifiers else []
        self.assigned_users = assigned_users
        self.response_timeout = response_timeout
        self._check()

    def _check(self) -> None:
        if not self.options:
            raise AuthoringError('"options" cannot be empty.')
        if "_options" in self.params:
            raise AuthoringError('"_options" is not allowed in params')
        if self.defaults is None:
            return
        if not set(self.defaults) <= set(self.options):
            raise AuthoringError(f'defaults "{self.defaults}" should be a subset of options "{self.options}"')
        if len(self.defaults) > 1 and not self.multiple:
            raise AuthoringError('More than one defaults given when "multiple" is set to False.')

    def execute(self, context: Mapping[str, Any]) -> NoReturn:
        """Fails: nobody can answer yet."""
        raise AirflowFailException(
            f"{type(self).__name__} asks a person ({self.subject!r}), and brisa can't yet: human input comes with the "
            "console. Until then, let a person trigger a DAG of its own with params"
        )


class ApprovalOperator(HITLOperator, SkipMixin):
    """Asks for Approve or Reject; what is below is skipped on a rejection."""

    APPROVE = "Approve"
    REJECT = "Reject"
    decides = Decides.CIRCUIT

    def __init__(
        self, *, ignore_downstream_trigger_rules: bool = False, fail_on_reject: bool = False, **kwargs: Any
    ) -> None:
        for name in ("options", "multiple"):
            if name in kwargs:
                raise AuthoringError(f"Passing {name} to ApprovalOperator is not allowed.")
        super().__init__(options=[self.APPROVE, self.REJECT], **kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules
        self.fail_on_reject = fail_on_reject


class HITLBranchOperator(HITLOperator, SkipMixin):
    """Asks which of the tasks below to follow; ``options_mapping`` says the task ids that options stand for."""

    decides = Decides.BRANCH
    inherits_from_skipmixin = True

    def __init__(self, *, options_mapping: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options_mapping = options_mapping or {}
        unknown = sorted(set(self.options_mapping) - set(self.options))
        if unknown:
            raise AuthoringError(f"`options_mapping` contains keys that are not in `options`: {unknown}")
        odd = {option: task_id for option, task_id in self.options_mapping.items() if not isinstance(task_id, str)}
        if odd:
            raise AuthoringError(f"`options_mapping` values must be strings (task_ids). Invalid entries: {odd}")


class HITLEntryOperator(HITLOperator):
    """Asks for the values of ``params``; the only option is OK unless others are given."""

    OK = "OK"

    def __init__(self, *, options: list[str] | None = None, defaults: Any = None, **kwargs: Any) -> None:
        if options is None and defaults is None:
            defaults = [self.OK]
        super().__init__(options=[self.OK] if options is None else options, defaults=defaults, **kwargs)
