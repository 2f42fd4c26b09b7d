# The bucket is made once, by hand (see the README): `terraform init -backend-config="bucket=…"`.
terraform {
  backend "gcs" {
    prefix = "brisa/prod"
  }
}
