variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "The events function's region."
  type        = string
}

variable "name" {
  description = "What every trigger's name begins with."
  type        = string
}

variable "service" {
  description = "The events function's Cloud Run service."
  type        = string
}

variable "account" {
  description = "As whom it is called."
  type        = string
}

variable "dags_bucket" {
  description = "Where the DAG files are, and where that bucket is."
  type        = object({ name = string, location = string })
}

variable "event_buckets" {
  description = "Other buckets, whose objects sensors wait for, and where they are."
  type        = list(object({ name = string, location = string }))
  default     = []
}

variable "labels" {
  description = "Labels of what can have some."
  type        = map(string)
  default     = {}
}
