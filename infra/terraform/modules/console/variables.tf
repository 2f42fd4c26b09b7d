variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "The api function's region."
  type        = string
}

variable "name" {
  description = "What every resource's name begins with."
  type        = string
}

variable "service" {
  description = "The api function's Cloud Run service."
  type        = string
}

variable "domain" {
  description = "The domain at which people find it; it has to lead to the address that comes out."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain is a name like brisa.example.com."
  }
}

variable "people" {
  description = "Who may log in: members, as IAM names them."
  type        = list(string)
}
