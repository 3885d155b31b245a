{{- /* Metadata of the pods of a process; takes (list root component). */ -}}
{{- define "heddle.podMetadata" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $ours := merge (dict
  "linkerd.io/proxy-deployment" (printf "linkerd-%s" $component)
  "linkerd.io/workload-ns" $root.Release.Namespace) (include "heddle.labels" . | fromYaml) -}}
{{- with $root.Values.podAnnotations -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{ end -}}
labels:
  {{- toYaml (merge $ours $root.Values.podLabels) | nindent 2 }}
{{- end -}}

{{- /* What all Deployments have besides their pods. */ -}}
{{- define "heddle.deployment" -}}
revisionHistoryLimit: {{ .Values.revisionHistoryLimit }}
{{- with .Values.deploymentStrategy }}
strategy:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Where pods run and as whom; takes (list root component priorityClassName). */ -}}
{{- define "heddle.podSpec" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- with $root.Values -}}
serviceAccountName: linkerd-{{ $component }}
enableServiceLinks: false
{{- with index $ 2 }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .enablePodAntiAffinity }}
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            linkerd.io/control-plane-component: {{ $component }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: topology.kubernetes.io/zone
          labelSelector:
            matchLabels:
              linkerd.io/control-plane-component: {{ $component }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ int64 .controllerUID }}
  runAsGroup: {{ int64 .controllerGID }}
  fsGroup: {{ int64 .controllerGID }}
  seccompProfile:
    type: RuntimeDefault
{{- end }}
{{- end -}}

{{- /* What every container has besides its own; takes (list root image resources). */ -}}
{{- define "heddle.container" -}}
{{- $root := index . 0 -}}
{{- $name := include "heddle.imageName" (list $root (printf "heddle/%s" (index . 1))) -}}
image: {{ printf "%s:%s" $name (include "heddle.version" $root) | quote }}
imagePullPolicy: {{ $root.Values.imagePullPolicy }}
{{- /* A node that is short of processor time must not have its control plane killed on top of it. */}}
livenessProbe:
  httpGet:
    path: /live
    port: admin-http
  initialDelaySeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: /ready
    port: admin-http
  timeoutSeconds: 3
  failureThreshold: 7
{{- with include "heddle.resources" (index . 2) }}
resources:
  {{- . | nindent 2 }}
{{- end }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop:
      - ALL
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- /* Requests and limits as Kubernetes has them, from {cpu: {request, limit}, …}; nothing when nothing is said. */ -}}
{{- define "heddle.resources" -}}
{{- $resources := dict "requests" (dict) "limits" (dict) -}}
{{- range $name, $amounts := . -}}
{{- range $kind, $amount := dict "requests" ($amounts.request | default "") "limits" ($amounts.limit | default "") -}}
{{- if $amount -}}
{{- $_ := set (index $resources $kind) $name (toString $amount) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $kind := list "requests" "limits" -}}
{{- if not (index $resources $kind) -}}
{{- $_ := unset $resources $kind -}}
{{- end -}}
{{- end -}}
{{- if $resources -}}
{{- toYaml $resources -}}
{{- end -}}
{{- end -}}

{{- /* Variables that every process reads; takes (list root adminPort). */ -}}
{{- define "heddle.environment" -}}
{{- $root := index . 0 -}}
- name: HEDDLE_KUBERNETES
  value: in-cluster
- name: HEDDLE_ADMIN_LISTEN
  value: {{ include "heddle.listen" . | quote }}
- name: HEDDLE_CONTROL_PLANE_NAMESPACE
  value: {{ $root.Release.Namespace | quote }}
- name: HEDDLE_TRUST_ANCHORS_FILE
  value: /var/run/linkerd/identity/trust-roots/ca-bundle.crt
{{- with $root.Values.scrapeNetworks }}
- name: HEDDLE_SCRAPE_NETWORKS
  value: {{ join "," . | quote }}
{{- end }}
- name: HEDDLE_LOG_LEVEL
  value: {{ $root.Values.controllerLogLevel }}
{{- end -}}

{{- define "heddle.trustRootsMount" -}}
- name: trust-roots
  mountPath: /var/run/linkerd/identity/trust-roots
  readOnly: true
{{- end -}}

{{- define "heddle.trustRootsVolume" -}}
- name: trust-roots
  configMap:
    name: linkerd-identity-trust-roots
{{- end -}}

{{- /* A volume of a Secret that only the process's group may read; takes (list volume secret). */ -}}
{{- define "heddle.secretVolume" -}}
- name: {{ index . 0 }}
  secret:
    secretName: {{ index . 1 }}
    defaultMode: 0440
{{- end -}}
