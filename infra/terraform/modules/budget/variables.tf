variable "project_id" {
  description = "The project."
  type        = string
}

variable "project_number" {
  description = "Its number, by which budgets name projects."
  type        = string
}

variable "name" {
  description = "What the budget's name begins with."
  type        = string
}

variable "billing_account" {
  description = "The billing account, like 012345-6789AB-CDEF01."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account is like 012345-6789AB-CDEF01."
  }
}

variable "amount" {
  description = "What a month may cost, in whole units of the currency."
  type        = number

  validation {
    condition     = var.amount >= 1 && floor(var.amount) == var.amount
    error_message = "amount is a whole number from 1."
  }
}

variable "currency" {
  description = "The billing account's currency."
  type        = string
  default     = "USD"

  validation {
    condition     = can(regex("^[A-Z]{3}$", var.currency))
    error_message = "currency is a code of three letters, like USD."
  }
}

variable "thresholds" {
  description = "At which parts of the amount people are told."
  type        = list(number)
  default     = [0.5, 0.9, 1]

  validation {
    condition     = alltrue([for part in var.thresholds : part > 0])
    error_message = "thresholds are above 0: 0.5 is half of the amount."
  }
}

variable "channels" {
  description = "Notification channels that are told, beside those who pay; five at most."
  type        = list(string)
  default     = []
}
