output "triggers" {
  description = "The triggers' names."
  value       = sort([for trigger in google_eventarc_trigger.trigger : trigger.name])
}
