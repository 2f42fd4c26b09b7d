output "channels" {
  description = "The notification channels, by e-mail address."
  value       = { for email, channel in google_monitoring_notification_channel.email : email => channel.id }
}
