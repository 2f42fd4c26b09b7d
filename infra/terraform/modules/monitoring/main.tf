# What tells people: metrics taken from the functions' log lines, alerts, and a dashboard. All three are files in Google's
# own JSON, which the gcloud script hands over as they are.

locals {
  words   = { name = var.name }
  metrics = jsondecode(templatefile("${var.folder}/metrics.json", local.words))
  alerts  = jsondecode(templatefile("${var.folder}/alerts.json", local.words))
}

resource "google_logging_metric" "metric" {
  for_each = { for metric in local.metrics : metric.name => metric }

  project         = var.project_id
  name            = each.key
  description     = each.value.description
  filter          = each.value.filter
  value_extractor = try(each.value.valueExtractor, null)

  metric_descriptor {
    metric_kind = each.value.metricDescriptor.metricKind
    value_type  = each.value.metricDescriptor.valueType
    unit        = each.value.metricDescriptor.unit

    dynamic "labels" {
      for_each = try(each.value.metricDescriptor.labels, [])
      content {
        key         = labels.value.key
        value_type  = labels.value.valueType
        description = labels.value.description
      }
    }
  }

  label_extractors = try(each.value.labelExtractors, null)

  dynamic "bucket_options" {
    for_each = try([each.value.bucketOptions.exponentialBuckets], [])
    content {
      exponential_buckets {
        num_finite_buckets = bucket_options.value.numFiniteBuckets
        growth_factor      = bucket_options.value.growthFactor
        scale              = bucket_options.value.scale
      }
    }
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.emails)

  project      = var.project_id
  display_name = "brisa: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }
}

resource "google_monitoring_alert_policy" "alert" {
  for_each = { for alert in local.alerts : alert.displayName => alert }

  project               = var.project_id
  display_name          = each.key
  combiner              = each.value.combiner
  severity              = each.value.severity
  enabled               = true
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  user_labels           = var.labels

  documentation {
    content   = each.value.documentation.content
    mime_type = each.value.documentation.mimeType
  }

  alert_strategy {
    auto_close = each.value.alertStrategy.autoClose
  }

  dynamic "conditions" {
    for_each = [for condition in each.value.conditions : condition if can(condition.conditionThreshold)]
    content {
      display_name = conditions.value.displayName

      condition_threshold {
        filter          = conditions.value.conditionThreshold.filter
        comparison      = conditions.value.conditionThreshold.comparison
        threshold_value = conditions.value.conditionThreshold.thresholdValue
        duration        = conditions.value.conditionThreshold.duration

        dynamic "aggregations" {
          for_each = conditions.value.conditionThreshold.aggregations
          content {
            alignment_period     = aggregations.value.alignmentPeriod
            per_series_aligner   = aggregations.value.perSeriesAligner
            cross_series_reducer = try(aggregations.value.crossSeriesReducer, null)
            group_by_fields      = try(aggregations.value.groupByFields, null)
          }
        }
      }
    }
  }

  dynamic "conditions" {
    for_each = [for condition in each.value.conditions : condition if can(condition.conditionAbsent)]
    content {
      display_name = conditions.value.displayName

      condition_absent {
        filter   = conditions.value.conditionAbsent.filter
        duration = conditions.value.conditionAbsent.duration

        dynamic "aggregations" {
          for_each = conditions.value.conditionAbsent.aggregations
          content {
            alignment_period     = aggregations.value.alignmentPeriod
            per_series_aligner   = aggregations.value.perSeriesAligner
            cross_series_reducer = try(aggregations.value.crossSeriesReducer, null)
          }
        }
      }
    }
  }

  # A policy may name only metrics that are there.
  depends_on = [google_logging_metric.metric]
}

resource "google_monitoring_dashboard" "dashboard" {
  project        = var.project_id
  dashboard_json = templatefile("${var.folder}/dashboard.json", local.words)

  depends_on = [google_logging_metric.metric]
}
