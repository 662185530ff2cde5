#!/bin/sh
# Writes the generated files under the folder $1 ("." updates the checkout;
# hack/verify.sh gives an empty folder and compares).
set -eu
out=${1:?usage: generate.sh FOLDER}
crd=$out/config/crd/local.stigmer.ai_temporals.yaml
schema=$out/config/schema/temporal.v1alpha1.schema.json

bin/tools/controller-gen object paths=./api/... output:object:dir="$out/api/v1alpha1"
bin/tools/controller-gen crd paths=./api/... output:crd:dir="$out/config/crd"

# Through a second file: a failure leaves the checkout's schema as it was.
mkdir -p "$out/config/schema"
go run ./hack/schema "$crd" >"$schema.new" || { rm -f "$schema.new"; exit 1; }
mv "$schema.new" "$schema"
