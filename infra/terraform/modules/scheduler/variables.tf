variable "project_id" {
  description = "The project."
  type        = string
}

variable "location" {
  description = "The region."
  type        = string
}

variable "name" {
  description = "What the job's name begins with."
  type        = string
}

variable "planner_url" {
  description = "The planner's address, and the audience of the token that it wants."
  type        = string
}

variable "account" {
  description = "As whom the planner is called."
  type        = string
}

variable "paused" {
  description = "Whether nothing ticks: no run begins, and nothing is repaired."
  type        = bool
  default     = false
}
