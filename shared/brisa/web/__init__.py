"""The HTTP API: Airflow 3's stable REST API under ``/api/v2``, over the same services as everything else.

:func:`brisa.web.app.make_app` makes it, of the route modules in :mod:`brisa.web.routes`; what goes in and out is in
:mod:`brisa.web.schemas`. It is served by uvicorn in ``brisa standalone`` (:mod:`brisa.web.server`) and by the api
function on Google Cloud (:mod:`brisa.web.target`); the command line asks it in its own process
(:mod:`brisa.web.local`). Nothing else imports this package: FastAPI is slow to load.
"""
