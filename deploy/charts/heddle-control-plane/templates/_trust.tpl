{{- /*
The trust anchors and the issuer under them, as JSON {anchors, crt, key}; empty texts for what someone else makes.
From the values; else what is in the cluster; else made here, once. Helm cannot sign a CA with another one, so what it
makes is one certificate that is anchor and issuer at once: fit for a trial, and named so in the notes.
*/ -}}
{{- define "heddle.trust" -}}
{{- if not (hasKey .Values "_trust") -}}
{{- $ns := .Release.Namespace -}}
{{- $tls := .Values.identity.issuer.tls -}}
{{- $isOurs := eq .Values.identity.issuer.scheme "linkerd.io/tls" -}}
{{- $trust := dict "anchors" (trim .Values.identityTrustAnchorsPEM) "crt" (trim $tls.crtPEM) "key" (trim $tls.keyPEM) -}}
{{- if ne (empty $trust.crt) (empty $trust.key) -}}
{{- fail "identity.issuer.tls.crtPEM and identity.issuer.tls.keyPEM belong together: give both, or neither" -}}
{{- end -}}
{{- if and $isOurs (not $trust.crt) -}}
{{- $secret := lookup "v1" "Secret" $ns "linkerd-identity-issuer" -}}
{{- if and $secret (hasKey ($secret.data | default dict) "crt.pem") (hasKey $secret.data "key.pem") -}}
{{- $_ := set $trust "crt" (index $secret.data "crt.pem" | b64dec | trim) -}}
{{- $_ := set $trust "key" (index $secret.data "key.pem" | b64dec | trim) -}}
{{- end -}}
{{- end -}}
{{- if and (not .Values.identity.externalCA) (not $trust.anchors) -}}
{{- $roots := lookup "v1" "ConfigMap" $ns "linkerd-identity-trust-roots" -}}
{{- if and $roots $roots.data -}}
{{- $_ := set $trust "anchors" (index $roots.data "ca-bundle.crt" | default "" | trim) -}}
{{- end -}}
{{- end -}}
{{- if .Values.identity.externalCA -}}
{{- $_ := set $trust "anchors" "" -}}
{{- end -}}
{{- if and $isOurs (not .Values.identity.externalCA) (not $trust.anchors) (not $trust.crt) -}}
{{- $name := printf "root.linkerd.%s" (include "heddle.trustDomain" .) -}}
{{- $ca := genCAWithKey $name 3650 (genPrivateKey "ecdsa") -}}
{{- $_ := set $trust "anchors" (trim $ca.Cert) -}}
{{- $_ := set $trust "crt" (trim $ca.Cert) -}}
{{- $_ := set $trust "key" (trim $ca.Key) -}}
{{- end -}}
{{- if and (not .Values.identity.externalCA) (not $trust.anchors) -}}
{{- fail "identityTrustAnchorsPEM is missing: give the anchors that the issuer is under, or set identity.externalCA when someone else makes the ConfigMap linkerd-identity-trust-roots" -}}
{{- end -}}
{{- if and $isOurs (not $trust.crt) -}}
{{- fail "the issuer is missing: give identity.issuer.tls.crtPEM and identity.issuer.tls.keyPEM, or set identity.issuer.scheme to kubernetes.io/tls when someone else makes the Secret linkerd-identity-issuer" -}}
{{- end -}}
{{- $_ := set .Values "_trust" (toJson $trust) -}}
{{- end -}}
{{- get .Values "_trust" -}}
{{- end -}}
