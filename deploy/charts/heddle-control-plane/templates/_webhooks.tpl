{{- /* Refuses certificates that are given by halves; takes (list name values). */ -}}
{{- define "heddle.checkWebhook" -}}
{{- $name := index . 0 -}}
{{- $hook := index . 1 -}}
{{- if and $hook.injectCaFrom $hook.injectCaFromSecret -}}
{{- fail (printf "%s.injectCaFrom and %s.injectCaFromSecret are both set; give one of them" $name $name) -}}
{{- end -}}
{{- $isInjected := or $hook.injectCaFrom $hook.injectCaFromSecret -}}
{{- if and $isInjected $hook.caBundle -}}
{{- fail (printf "%s.caBundle is set, and so is who injects it; give one of them" $name) -}}
{{- end -}}
{{- if ne (empty $hook.crtPEM) (empty $hook.keyPEM) -}}
{{- fail (printf "%s.crtPEM and %s.keyPEM belong together: give both, or neither" $name $name) -}}
{{- end -}}
{{- if and $hook.externalSecret $hook.crtPEM -}}
{{- fail (printf "%s.externalSecret is set, and so is %s.crtPEM; give one of them" $name $name) -}}
{{- end -}}
{{- if and $hook.externalSecret (not $isInjected) (not $hook.caBundle) -}}
{{- fail (printf "%s.externalSecret needs %s.caBundle, %s.injectCaFrom or %s.injectCaFromSecret: the API server must know the CA" $name $name $name $name) -}}
{{- end -}}
{{- if and (or $isInjected $hook.caBundle) (not $hook.externalSecret) (not $hook.crtPEM) -}}
{{- fail (printf "%s has a CA but no certificate under it: set %s.externalSecret, or give %s.crtPEM and %s.keyPEM" $name $name $name $name) -}}
{{- end -}}
{{- end -}}

{{- /*
The certificate of a webhook and the CAs that its caller trusts, as JSON {crt, key, ca, ends}; takes
(list root values service). From the values; else what is in the cluster; else made here.

What was made here is made anew by an upgrade in its last third. The previous CA stays trusted until the next time:
pods serve the previous certificate until the kubelet has brought them the new one.
*/ -}}
{{- define "heddle.webhookCertificate" -}}
{{- $root := index . 0 -}}
{{- $hook := index . 1 -}}
{{- $service := index . 2 -}}
{{- $key := printf "_%s" $service -}}
{{- if or $hook.externalSecret $hook.crtPEM -}}
{{- dict "crt" (trim $hook.crtPEM) "key" (trim $hook.keyPEM) "ca" (trim $hook.caBundle | default (trim $hook.crtPEM)) "ends" "" | toJson -}}
{{- else -}}
{{- if not (hasKey $root.Values $key) -}}
{{- $host := printf "%s.%s.svc" $service $root.Release.Namespace -}}
{{- $days := 1095 -}}
{{- $secret := lookup "v1" "Secret" $root.Release.Namespace (printf "%s-k8s-tls" $service) | default dict -}}
{{- $data := $secret.data | default dict -}}
{{- $annotations := ($secret.metadata | default dict).annotations | default dict -}}
{{- $ends := index $annotations "heddle.io/certificate-ends" | default "0" | int64 -}}
{{- $now := now | unixEpoch | int64 -}}
{{- $isComplete := and (hasKey $data "tls.crt") (hasKey $data "tls.key") (hasKey $data "ca.crt") -}}
{{- if and $isComplete (gt (sub $ends $now) (div (mul $days 86400) 3)) -}}
{{- $_ := set $root.Values $key (dict "crt" (index $data "tls.crt" | b64dec) "key" (index $data "tls.key" | b64dec) "ca" (index $data "ca.crt" | b64dec) "ends" (toString $ends) | toJson) -}}
{{- else -}}
{{- $ca := genCAWithKey (printf "ca.%s" $host) (int $days) (genPrivateKey "ecdsa") -}}
{{- $leaf := genSignedCertWithKey $host nil (list $host) (int $days) $ca (genPrivateKey "ecdsa") -}}
{{- $previous := regexFind "(?s)^-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----" (index $data "ca.crt" | default "" | b64dec | trim) -}}
{{- $trusted := trim (printf "%s\n%s" (trim $ca.Cert) $previous) -}}
{{- $_ := set $root.Values $key (dict "crt" (trim $leaf.Cert) "key" (trim $leaf.Key) "ca" $trusted "ends" (add $now (mul $days 86400) | toString) | toJson) -}}
{{- end -}}
{{- end -}}
{{- get $root.Values $key -}}
{{- end -}}
{{- end -}}

{{- /* The Secret of a webhook, unless someone else makes it; takes (list root values service component). */ -}}
{{- define "heddle.webhookSecret" -}}
{{- $root := index . 0 -}}
{{- if not (index . 1).externalSecret -}}
{{- $made := include "heddle.webhookCertificate" . | fromJson -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ index . 2 }}-k8s-tls
  namespace: {{ $root.Release.Namespace | quote }}
  labels:
    {{- include "heddle.labels" (list $root (index . 3)) | nindent 4 }}
  {{- with $made.ends }}
  annotations:
    heddle.io/certificate-ends: {{ . | quote }}
  {{- end }}
type: kubernetes.io/tls
data:
  tls.crt: {{ $made.crt | b64enc }}
  tls.key: {{ $made.key | b64enc }}
  ca.crt: {{ $made.ca | b64enc }}
{{- end -}}
{{- end -}}

{{- /* Metadata of a webhook's configuration; takes (list root values name component). */ -}}
{{- define "heddle.webhookMetadata" -}}
{{- $hook := index . 1 -}}
name: {{ index . 2 }}
labels:
  {{- include "heddle.labels" (list (index . 0) (index . 3)) | nindent 2 }}
{{- if or $hook.injectCaFrom $hook.injectCaFromSecret }}
annotations:
  {{- with $hook.injectCaFrom }}
  cert-manager.io/inject-ca-from: {{ . | quote }}
  {{- end }}
  {{- with $hook.injectCaFromSecret }}
  cert-manager.io/inject-ca-from-secret: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- /* How a webhook is called; takes (list root values service). */ -}}
{{- define "heddle.webhookCall" -}}
{{- $hook := index . 1 -}}
admissionReviewVersions:
  - v1
  - v1beta1
timeoutSeconds: {{ $hook.timeoutSeconds }}
clientConfig:
  service:
    name: {{ index . 2 }}
    namespace: {{ (index . 0).Release.Namespace | quote }}
    path: /
    port: 443
  {{- if not (or $hook.injectCaFrom $hook.injectCaFromSecret) }}
  caBundle: {{ (include "heddle.webhookCertificate" . | fromJson).ca | b64enc }}
  {{- end }}
{{- end -}}
