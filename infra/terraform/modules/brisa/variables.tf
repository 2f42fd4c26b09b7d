variable "project_id" {
  description = "The project, which is there already, with billing."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "region" {
  description = "Where everything runs."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is one of Google Cloud's regions, like europe-west1."
  }
}

variable "name" {
  description = "What every resource's name begins with: two deployments in a project need two names."
  type        = string
  default     = "brisa"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,15}[a-z0-9]$", var.name))
    error_message = "name has 3 to 17 lower-case letters, digits and hyphens, and begins with a letter: accounts' names have 30 at most."
  }
}

variable "location" {
  description = "Where the buckets are: a region, or EU, US or ASIA; the region unless set."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of what can have some, beside app."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "Labels have lower-case letters, digits, _ and - alone, 63 at most, and keys begin with a letter."
  }
}

variable "deletion_protection" {
  description = "Whether what holds data outlives a `terraform destroy`: the database, buckets that have objects, secrets."
  type        = bool
  default     = true
}

variable "database" {
  description = "Firestore's database. Its location (a region, eur3 or nam5; the region unless set) can't be changed."
  type = object({
    id                     = optional(string, "(default)")
    location               = optional(string)
    point_in_time_recovery = optional(bool, false)
    backup_days            = optional(number, 7)
  })
  default = {}
}

variable "buckets" {
  description = "Names of the buckets, where they are not to be PROJECT-NAME-state, -dags and -source."
  type = object({
    state  = optional(string)
    dags   = optional(string)
    source = optional(string)
  })
  default = {}
}

variable "dags_prefix" {
  description = "Below which prefix of their bucket the DAG files are."
  type        = string
  default     = "dags"

  validation {
    condition     = can(regex("^[^/].*[^/]$", var.dags_prefix))
    error_message = "dags_prefix neither begins nor ends with a slash."
  }
}

variable "baked_dags" {
  description = "Whether the DAG files are those of the functions' source, and not the bucket's."
  type        = bool
  default     = false
}

variable "jobs" {
  description = "Sizes of the jobs for tasks that are too long or too large for the worker; none costs anything while it does nothing. timeout is in seconds."
  type        = map(object({ cpu = string, memory = string, timeout = optional(number, 86400) }))
  default = {
    default = { cpu = "2", memory = "4Gi" }
    large   = { cpu = "8", memory = "32Gi" }
  }
}

variable "event_buckets" {
  description = "Other buckets, whose objects sensors wait for: name and location."
  type        = list(object({ name = string, location = string }))
  default     = []
}

variable "source_folder" {
  description = "Where planner.zip, worker.zip, events.zip and api.zip are, as infra/build_source.py makes them."
  type        = string
}

variable "runtime" {
  description = "Python's version, as Cloud Run functions name it."
  type        = string
  default     = "python313"
}

variable "sizes" {
  description = "What an instance of each function has and takes, where it is not the default."
  type = object({
    planner = optional(object({ cpu = optional(string), memory = optional(string), timeout = optional(number), concurrency = optional(number), min_instances = optional(number), max_instances = optional(number) }), {})
    worker  = optional(object({ cpu = optional(string), memory = optional(string), timeout = optional(number), concurrency = optional(number), min_instances = optional(number), max_instances = optional(number) }), {})
    events  = optional(object({ cpu = optional(string), memory = optional(string), timeout = optional(number), concurrency = optional(number), min_instances = optional(number), max_instances = optional(number) }), {})
    api     = optional(object({ cpu = optional(string), memory = optional(string), timeout = optional(number), concurrency = optional(number), min_instances = optional(number), max_instances = optional(number) }), {})
  })
  default = {}

  validation {
    condition     = coalesce(var.sizes.worker.timeout, 1800) >= 1800
    error_message = "The worker's timeout is at least 1800 seconds: for so long the queue waits for an attempt."
  }
}

variable "environment" {
  description = "Further environment variables of all functions, such as AIRFLOW_VAR_… or BRISA_SMTP_HOST."
  type        = map(string)
  default     = {}
}

variable "secret_environment" {
  description = "Environment variable → the secret that it comes from, and the functions that get it."
  type = map(object({
    secret    = string
    functions = optional(list(string), ["worker"])
  }))
  default = {}
}

variable "worker_roles" {
  description = "Roles on the project that DAG files need, such as roles/bigquery.jobUser."
  type        = list(string)
  default     = []
}

variable "unpaused" {
  description = "Whether new DAGs begin unpaused."
  type        = bool
  default     = false
}

variable "keep_days" {
  description = "Days after which runs that ended are deleted; 0 for never."
  type        = number
  default     = 90

  validation {
    condition     = var.keep_days >= 0 && var.keep_days <= 36500
    error_message = "keep_days is from 0 to 36500."
  }
}

variable "lease" {
  description = "Seconds after which an attempt whose worker is silent is given to another."
  type        = number
  default     = 60

  validation {
    condition     = var.lease >= 5 && var.lease <= 3600
    error_message = "lease is from 5 to 3600 seconds."
  }
}

variable "tick_paused" {
  description = "Whether nothing ticks: no run begins, and nothing is repaired."
  type        = bool
  default     = false
}

variable "api_invokers" {
  description = "Who may call the api: members, as IAM names them, but never everybody."
  type        = list(string)
  default     = []

  validation {
    condition     = length(setintersection(var.api_invokers, ["allUsers", "allAuthenticatedUsers"])) == 0
    error_message = "api_invokers must not have allUsers or allAuthenticatedUsers: the console is what people without IAM go through."
  }
}

variable "policy" {
  description = "Who has which role in the api: admin, op, user, viewer → members. Null: people and accounts of api_invokers are admins."
  type        = map(list(string))
  default     = null

  validation {
    condition     = var.policy == null ? true : length(setsubtract(keys(var.policy), ["admin", "op", "user", "viewer"])) == 0
    error_message = "policy has the roles admin, op, user and viewer alone."
  }
}

variable "console" {
  description = "The api behind Identity-Aware Proxy, at a domain, for people; null for none. It costs a load balancer."
  type        = object({ domain = string, people = list(string) })
  default     = null
}

variable "ingress" {
  description = "From where functions may be called, by who may. Releases look at a new revision from outside."
  type        = string
  default     = "ALLOW_ALL"
}

variable "vpc_connector" {
  description = "The VPC connector that functions reach private addresses through, or null."
  type        = string
  default     = null
}

variable "kms_key" {
  description = "The key that encrypts what is kept, in the same location, or null for Google's own. It can't be changed."
  type        = string
  default     = null
}

variable "alert_emails" {
  description = "Who is told of alerts, and of the budget."
  type        = list(string)
  default     = []
}

variable "budget" {
  description = "What a month may cost before people are told; null for no budget."
  type = object({
    billing_account = string
    amount          = number
    currency        = optional(string, "USD")
    thresholds      = optional(list(number), [0.5, 0.9, 1])
  })
  default = null
}
