"""``BaseNotifier``: a callback with templates, such as ``on_failure_callback=SmtpNotifier(to="…")``."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

from brisa.authoring.templates import Renderer, environment
from brisa.compat.misc import LoggingMixin

_OF_SLA = ("dag", "task_list", "blocking_task_list", "slas", "blocking_tis")


class BaseNotifier(LoggingMixin):
    """Base of notifiers: subclasses set :attr:`template_fields` and override :meth:`notify`.

    An object of it is a callback: it takes the context, renders its fields with it, and notifies. One that was made
    with a context can be awaited, if it overrides :meth:`async_notify`.
    """

    template_fields: Sequence[str] = ()
    template_ext: Sequence[str] = ()

    def __init__(self, context: Mapping[str, Any] | None = None) -> None:
        self.context: Mapping[str, Any] = context or {}

    def notify(self, context: Mapping[str, Any]) -> None:
        """Send the notice."""
        raise NotImplementedError(f"{type(self).__name__} does not override notify()")

    async def async_notify(self, context: Mapping[str, Any]) -> None:
        """Send the notice without holding up anybody."""
        raise NotImplementedError(f"{type(self).__name__} does not override async_notify()")

    def get_dag(self) -> Any:
        """The DAG whose task it speaks of, whose macros and filters its templates use."""
        return self.context.get("dag")

    def get_template_env(self, dag: Any = None) -> Any:
        """The Jinja environment of that DAG."""
        return environment(self)

    def render_template_fields(self, context: Mapping[str, Any], jinja_env: Any = None) -> None:
        """Render the fields in place."""
        self._do_render_template_fields(self, self.template_fields, context, jinja_env, set())

    def _do_render_template_fields(
        self,
        parent: Any,
        template_fields: Iterable[str],
        context: Mapping[str, Any],
        jinja_env: Any,
        seen_oids: set[int],
    ) -> None:
        """Render some of the fields: subclasses of provider packages call it by this name."""
        renderer = Renderer(self, context, jinja_env, seen_oids)
        for name in template_fields:
            value = getattr(parent, name, None)
            if value:
                setattr(parent, name, renderer.render(value))

    def __call__(self, *args: Any) -> None:
        """Notify of the task whose context is given, or of what an ``sla_miss_callback`` is given."""
        context: Mapping[str, Any] = args[0] if len(args) == 1 else dict(zip(_OF_SLA, args, strict=False))
        self.context = context
        self.render_template_fields(context)
        self.notify(context)

    def __await__(self) -> Generator[Any, None, None]:
        self.render_template_fields(self.context)
        return self.async_notify(self.context).__await__()
