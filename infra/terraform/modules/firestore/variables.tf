variable "project_id" {
  description = "The project."
  type        = string
}

variable "database" {
  description = "The database's id: (default), or one of 4 to 63 letters, digits and hyphens."
  type        = string

  validation {
    condition     = var.database == "(default)" || can(regex("^[a-z][a-z0-9-]{2,61}[a-z0-9]$", var.database))
    error_message = "The database is (default), or 4 to 63 lower-case letters, digits and hyphens that begin with a letter."
  }
}

variable "location" {
  description = "A region, or eur3 or nam5. It can't be changed."
  type        = string
}

variable "indexes" {
  description = "The file that declares indexes and fields: brisa/adapters/firestore/indexes.json."
  type        = string
}

variable "point_in_time_recovery" {
  description = "Whether the data of any minute of the last seven days can be read."
  type        = bool
  default     = false
}

variable "backup_days" {
  description = "Days for which daily backups are kept; 0 for none."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 0 && var.backup_days <= 98 && floor(var.backup_days) == var.backup_days
    error_message = "backup_days is a whole number from 0 to 98: Firestore keeps no backup longer than 14 weeks."
  }
}

variable "kms_key" {
  description = "The key that encrypts what is kept, or null for Google's own. It can't be changed."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether the database can't be deleted."
  type        = bool
  default     = true
}
