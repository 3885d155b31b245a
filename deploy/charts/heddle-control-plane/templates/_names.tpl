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

{{- define "heddle.trustDomain" -}}
{{- .Values.identityTrustDomain | default .Values.clusterDomain -}}
{{- end -}}

{{- /* An identity of the control plane; takes (list root account). */ -}}
{{- define "heddle.identity" -}}
{{- $root := index . 0 -}}
{{- $ns := $root.Release.Namespace -}}
{{- printf "%s.%s.serviceaccount.identity.%s.%s" (index . 1) $ns $ns (include "heddle.trustDomain" $root) -}}
{{- end -}}

{{- /* Labels of every object, as YAML; takes (list root component). Ours win over the user's: selectors rely on them. */ -}}
{{- define "heddle.labels" -}}
{{- $root := index . 0 -}}
{{- $ours := dict
  "app.kubernetes.io/name" (index . 1)
  "app.kubernetes.io/part-of" "Heddle"
  "app.kubernetes.io/version" (include "heddle.version" $root)
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version)
  "linkerd.io/control-plane-component" (index . 1)
  "linkerd.io/control-plane-ns" $root.Release.Namespace -}}
{{- toYaml (merge $ours $root.Values.commonLabels) -}}
{{- end -}}

{{- /* An address on which processes listen on all of the pod's addresses; takes (list root port). */ -}}
{{- define "heddle.listen" -}}
{{- printf "%s:%d" (ternary "0.0.0.0" "[::]" (index . 0).Values.disableIPv6) (int (index . 1)) -}}
{{- end -}}

{{- /* A PodDisruptionBudget; takes (list root component name). */ -}}
{{- define "heddle.disruptionBudget" -}}
{{- $root := index . 0 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ index . 2 }}
  namespace: {{ $root.Release.Namespace | quote }}
  labels:
    {{- include "heddle.labels" (list $root (index . 1)) | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      linkerd.io/control-plane-component: {{ index . 1 }}
{{- end -}}
