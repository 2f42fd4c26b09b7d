# All of brisa in one project: the entities' modules, put together.

data "google_project" "project" {
  project_id = var.project_id
}

locals {
  number = data.google_project.project.number
  labels = merge({ app = var.name }, var.labels)

  location = coalesce(var.location, var.region)
  buckets  = [for bucket in var.event_buckets : bucket.name]
  key      = one(module.kms[*].key)

  # What Cloud Run will give each function as one of its addresses; known before there is any function, so that each can
  # be told of the others and of itself.
  urls = { for function in keys(local.functions) : function => "https://${var.name}-${function}-${local.number}.${var.region}.run.app" }

  functions = {
    planner = {
      description = "Plans runs: a tick a minute, and what it hands on"
      size        = merge({ cpu = "1", memory = "512Mi", timeout = 540, concurrency = 8, min_instances = 0, max_instances = 10 }, local.sizes.planner)
      callers     = ["scheduler", "tasks"]
      invokers    = { scheduler = module.iam.members.scheduler, tasks = module.iam.members.tasks, deploy = module.iam.members.deploy }
    }
    worker = {
      description = "Runs tasks: an instance for each attempt"
      size        = merge({ cpu = "1", memory = "1Gi", timeout = 1800, concurrency = 1, min_instances = 0, max_instances = 100 }, local.sizes.worker)
      callers     = ["tasks"]
      invokers    = { tasks = module.iam.members.tasks, deploy = module.iam.members.deploy }
    }
    events = {
      description = "Hears of objects: wakes sensors, registers DAG files"
      size        = merge({ cpu = "1", memory = "1Gi", timeout = 540, concurrency = 8, min_instances = 0, max_instances = 20 }, local.sizes.events)
      callers     = ["eventarc"]
      invokers    = { eventarc = module.iam.members.eventarc, deploy = module.iam.members.deploy }
    }
    api = {
      description = "Answers people and programs over HTTP"
      size        = merge({ cpu = "1", memory = "1Gi", timeout = 300, concurrency = 16, min_instances = 0, max_instances = 10 }, local.sizes.api)
      callers     = ["deploy"]
      invokers = merge(
        { deploy = module.iam.members.deploy },
        { for member in var.api_invokers : member => member },
        var.console == null ? {} : { iap = "serviceAccount:service-${local.number}@gcp-sa-iap.iam.gserviceaccount.com" },
      )
    }
  }
  sizes = { for function, size in var.sizes : function => { for name, value in size : name => value if value != null } }

  # What every function is told; see the reference of brisa's environment variables.
  told = merge(var.environment, {
    GOOGLE_CLOUD_PROJECT  = var.project_id
    BRISA_AUTH            = "platform"
    BRISA_SERVICE_ACCOUNT = module.iam.emails.tasks
    BRISA_QUEUE           = module.queues.names.work
    BRISA_PLANNER_QUEUE   = module.queues.names.planner
    BRISA_WORKER_URL      = local.urls.worker
    BRISA_PLANNER_URL     = local.urls.planner
    BRISA_BUCKET          = module.storage.names.state
    BRISA_DAGS            = var.baked_dags ? "dags" : "gs://${module.storage.names.dags}/${var.dags_prefix}"
    BRISA_RELEASED        = var.baked_dags ? "gs://${module.storage.names.dags}/released" : ""
    BRISA_JOBS            = jsonencode({ for size, job in var.jobs : size => merge(job, { job = "projects/${var.project_id}/locations/${var.region}/jobs/${var.name}-${size}" }) })
    BRISA_DATABASE        = module.firestore.database
    BRISA_EVENT_BUCKETS   = join(",", concat([module.storage.names.dags], local.buckets))
    BRISA_UNPAUSED        = var.unpaused ? "1" : "0"
    BRISA_KEEP_DAYS       = tostring(var.keep_days)
    BRISA_LEASE           = tostring(var.lease)
  })
  own = {
    for function, told in local.functions : function => {
      BRISA_AUDIENCE = local.urls[function]
      BRISA_CALLERS  = join(",", concat([for account in told.callers : module.iam.emails[account]], function == "api" ? local.admins : []))
    }
  }
  # Who has which role in the api. Without a policy, its callers are admins: those that have a name of their own.
  admins = [for member in var.api_invokers : split(":", member)[1] if can(regex("^(user|serviceAccount):", member))]
  access = merge(
    var.policy == null ? {} : { BRISA_POLICY = jsonencode(merge(var.policy, { admin = concat(lookup(var.policy, "admin", []), [module.iam.members.deploy]) })) },
    var.console == null ? {} : { BRISA_IAP_AUDIENCE = "/projects/${local.number}/${module.console[0].audience}" },
  )
  secrets = {
    for function in keys(local.functions) : function => {
      for variable, secret in var.secret_environment : variable => secret.secret if contains(secret.functions, function)
    }
  }
}

module "apis" {
  source     = "../apis"
  project_id = var.project_id
  more = concat(
    var.budget == null ? [] : ["billingbudgets.googleapis.com"],
    var.console == null ? [] : ["compute.googleapis.com", "iap.googleapis.com"],
    var.kms_key == null ? [] : ["cloudkms.googleapis.com"],
    var.vpc_connector == null ? [] : ["vpcaccess.googleapis.com"],
    var.policy == null ? [] : ["cloudidentity.googleapis.com"],
  )
}

module "kms" {
  count          = var.kms_key == null ? 0 : 1
  source         = "../kms"
  project_number = local.number
  key            = var.kms_key
  depends_on     = [module.apis]
}

module "iam" {
  source       = "../iam"
  project_id   = var.project_id
  name         = var.name
  database     = var.database.id
  worker_roles = var.worker_roles
  depends_on   = [module.apis]
}

module "secrets" {
  source              = "../secrets"
  project_id          = var.project_id
  project_number      = local.number
  name                = var.name
  members             = module.iam.members
  environment         = var.secret_environment
  kms_key             = local.key
  deletion_protection = var.deletion_protection
  labels              = local.labels
}

module "storage" {
  source              = "../storage"
  project_id          = var.project_id
  name                = var.name
  names               = var.buckets
  location            = local.location
  keep_days           = var.keep_days
  members             = module.iam.members
  event_buckets       = local.buckets
  kms_key             = local.key
  deletion_protection = var.deletion_protection
  labels              = local.labels
}

module "firestore" {
  source                 = "../firestore"
  project_id             = var.project_id
  database               = var.database.id
  location               = coalesce(var.database.location, var.region)
  indexes                = "${path.module}/../../../../shared/brisa/adapters/firestore/indexes.json"
  point_in_time_recovery = var.database.point_in_time_recovery
  backup_days            = var.database.backup_days
  kms_key                = local.key
  deletion_protection    = var.deletion_protection
  depends_on             = [module.apis]
}

module "queues" {
  source                = "../queues"
  project_id            = var.project_id
  location              = var.region
  name                  = var.name
  max_concurrent        = min(5000, local.functions.worker.size.max_instances * local.functions.worker.size.concurrency)
  max_concurrent_chores = local.functions.planner.size.max_instances
  members               = module.iam.members
}

module "registry" {
  source     = "../registry"
  project_id = var.project_id
  location   = var.region
  name       = var.name
  members    = module.iam.members
  kms_key    = local.key
  labels     = local.labels
}

module "function" {
  source   = "../function"
  for_each = { for function, told in local.functions : function => told if function != "events" }

  project_id     = var.project_id
  location       = var.region
  name           = var.name
  target         = each.key
  description    = each.value.description
  runtime        = var.runtime
  size           = each.value.size
  account        = module.iam.emails[each.key]
  build_account  = module.iam.names.build
  repository     = module.registry.repository
  source_bucket  = module.storage.names.source
  source_archive = "${var.source_folder}/${each.key}.zip"
  environment    = merge(local.told, local.own[each.key], each.key == "api" ? local.access : {})
  secrets        = local.secrets[each.key]
  invokers       = each.value.invokers
  ingress        = each.key == "api" && var.console != null ? "ALLOW_INTERNAL_AND_GCLB" : var.ingress
  vpc_connector  = var.vpc_connector
  kms_key        = local.key
  labels         = local.labels
  depends_on     = [module.secrets]
}

# Eventarc takes the address that Cloud Run calls the service's own for the audience of its tokens. Which of the two forms
# that is depends on the service's age, so the events function knows both. The other form has a hash that all services
# of a project and region share: the api's tells it.
module "events_function" {
  source = "../function"

  project_id     = var.project_id
  location       = var.region
  name           = var.name
  target         = "events"
  description    = local.functions.events.description
  runtime        = var.runtime
  size           = local.functions.events.size
  account        = module.iam.emails.events
  build_account  = module.iam.names.build
  repository     = module.registry.repository
  source_bucket  = module.storage.names.source
  source_archive = "${var.source_folder}/events.zip"
  environment = merge(local.told, local.own.events, {
    BRISA_AUDIENCE = join(",", distinct([local.urls.events, replace(module.function["api"].uri, "${var.name}-api", "${var.name}-events")]))
  })
  secrets       = local.secrets.events
  invokers      = local.functions.events.invokers
  ingress       = var.ingress
  vpc_connector = var.vpc_connector
  kms_key       = local.key
  labels        = local.labels
  depends_on    = [module.secrets]
}

# The image that the worker's function was built to: jobs run it, too. It is there once the function is.
data "google_cloud_run_v2_service" "worker" {
  count      = length(var.jobs) == 0 ? 0 : 1
  project    = var.project_id
  location   = var.region
  name       = module.function["worker"].name
  depends_on = [module.function]
}

module "jobs" {
  count         = length(var.jobs) == 0 ? 0 : 1
  source        = "../jobs"
  project_id    = var.project_id
  location      = var.region
  name          = var.name
  jobs          = var.jobs
  image         = data.google_cloud_run_v2_service.worker[0].template[0].containers[0].image
  account       = module.iam.emails.worker
  worker        = module.iam.members.worker
  environment   = merge(local.told, local.own.worker)
  secrets       = local.secrets.worker
  vpc_connector = var.vpc_connector
  kms_key       = local.key
  labels        = local.labels
  depends_on    = [module.secrets]
}

module "scheduler" {
  source      = "../scheduler"
  project_id  = var.project_id
  location    = var.region
  name        = var.name
  planner_url = local.urls.planner
  account     = module.iam.emails.scheduler
  paused      = var.tick_paused
  depends_on  = [module.function]
}

module "events" {
  source        = "../events"
  project_id    = var.project_id
  region        = var.region
  name          = var.name
  service       = module.events_function.name
  account       = module.iam.emails.eventarc
  dags_bucket   = { name = module.storage.names.dags, location = local.location }
  event_buckets = var.event_buckets
  labels        = local.labels
}

module "console" {
  count      = var.console == null ? 0 : 1
  source     = "../console"
  project_id = var.project_id
  region     = var.region
  name       = var.name
  service    = "${var.name}-api"
  domain     = var.console.domain
  people     = var.console.people
  depends_on = [module.apis]
}

module "monitoring" {
  source     = "../monitoring"
  project_id = var.project_id
  name       = var.name
  folder     = "${path.module}/../../../monitoring"
  emails     = var.alert_emails
  labels     = local.labels
  depends_on = [module.apis]
}

module "budget" {
  count           = var.budget == null ? 0 : 1
  source          = "../budget"
  project_id      = var.project_id
  project_number  = local.number
  name            = var.name
  billing_account = var.budget.billing_account
  amount          = var.budget.amount
  currency        = var.budget.currency
  thresholds      = var.budget.thresholds
  channels        = values(module.monitoring.channels)
  depends_on      = [module.apis]
}
