{{- /* Version of images: `{{ include "heddle.version" . }}` */ -}}
{{- define "heddle.version" -}}
{{- .Values.linkerdVersion | default .Chart.AppVersion -}}
{{- end -}}

{{- /*
The name of an image without its tag. The registry goes before names that have none: a first part with a dot or a port,
or localhost, is a registry. Takes (list root name).
*/ -}}
{{- define "heddle.imageName" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $first := splitList "/" $name | first -}}
{{- $hasRegistry := and (contains "/" $name) (or (contains "." $first) (contains ":" $first) (eq $first "localhost")) -}}
{{- if and $root.Values.imageRegistry (not $hasRegistry) -}}
{{- printf "%s/%s" (trimSuffix "/" $root.Values.imageRegistry) $name -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{- /* An identity of the control plane; takes (list root account). */ -}}
{{- define "heddle.identity" -}}
{{- $root := index . 0 -}}
{{- $domain := $root.Values.identityTrustDomain | default $root.Values.clusterDomain -}}
{{- printf "%s.%s.serviceaccount.identity.%s.%s" (index . 1) $root.Release.Namespace $root.Release.Namespace $domain -}}
{{- end -}}

{{- /* Labels of every object; takes (list root component). */ -}}
{{- define "heddle.labels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/part-of: Heddle
app.kubernetes.io/version: {{ include "heddle.version" $root | quote }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
linkerd.io/control-plane-component: {{ index . 1 }}
linkerd.io/control-plane-ns: {{ $root.Release.Namespace }}
{{- end -}}

{{- /* An address on which processes listen on all of the pod's addresses; takes (list root port). */ -}}
{{- define "heddle.listen" -}}
{{- printf "%s:%d" (ternary "0.0.0.0" "[::]" (index . 0).Values.disableIPv6) (int (index . 1)) -}}
{{- end -}}
