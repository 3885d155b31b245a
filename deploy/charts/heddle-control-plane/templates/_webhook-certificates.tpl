{{- /*
The certificate of a webhook and the CAs that its callers trust, as JSON {crt, key, ca}; takes (list root service values).
From the values; else what is in the cluster; else made here.

What was made here is made anew by an upgrade in its last third. The previous CA stays trusted until the next time:
pods serve the previous certificate until the kubelet has brought them the new one.
*/ -}}
{{- define "heddle.webhookCertificate" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
{{- $host := printf "%s.%s.svc" $service $root.Release.Namespace -}}
{{- $key := printf "_webhook_%s" $service -}}
{{- if not (hasKey $root.Values $key) -}}
{{- $days := 1095 -}}
{{- $secret := lookup "v1" "Secret" $root.Release.Namespace (printf "%s-k8s-tls" $service) -}}
{{- $data := dict -}}
{{- $annotations := dict -}}
{{- if $secret -}}
{{- $data = $secret.data | default dict -}}
{{- $annotations = $secret.metadata.annotations | default dict -}}
{{- end -}}
{{- $ends := index $annotations "heddle.io/certificate-ends" | default "0" | int64 -}}
{{- $left := sub $ends (now | unixEpoch | int64) -}}
{{- $isKept := and (hasKey $data "tls.crt") (hasKey $data "tls.key") (hasKey $data "ca.crt") (gt $left (mul (div $days 3) 86400)) -}}
{{- $made := dict -}}
{{- if $isKept -}}
{{- $made = dict "crt" (index $data "tls.crt" | b64dec) "key" (index $data "tls.key" | b64dec) "ca" (index $data "ca.crt" | b64dec) "ends" (toString $ends) -}}
{{- else -}}
{{- $ca := genCAWithKey (printf "ca.%s" $host) (int $days) (genPrivateKey "ecdsa") -}}
{{- $leaf := genSignedCertWithKey $host nil (list $host) (int $days) $ca (genPrivateKey "ecdsa") -}}
{{- $previous := regexFind "(?s)^-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----" (index $data "ca.crt" | default "" | b64dec | trim) -}}
{{- $trusted := ternary (trim $ca.Cert) (printf "%s\n%s" (trim $ca.Cert) $previous) (empty $previous) -}}
{{- $made = dict "crt" (trim $leaf.Cert) "key" (trim $leaf.Key) "ca" $trusted "ends" (add (now | unixEpoch | int64) (mul $days 86400) | toString) -}}
{{- end -}}
{{- $_ := set $root.Values $key (toJson $made) -}}
{{- end -}}
{{- get $root.Values $key -}}
{{- end -}}

{{- /* The Secret with the certificate of a webhook; takes (list root component service). */ -}}
{{- define "heddle.webhookSecret" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $service := index . 2 -}}
{{- $made := include "heddle.webhookCertificate" (list $root $service) | fromJson -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ $service }}-k8s-tls
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "heddle.labels" (list $root $component) | nindent 4 }}
  annotations:
    heddle.io/certificate-ends: {{ $made.ends | quote }}
type: kubernetes.io/tls
data:
  tls.crt: {{ $made.crt | b64enc }}
  tls.key: {{ $made.key | b64enc }}
  ca.crt: {{ $made.ca | b64enc }}
{{- end -}}
