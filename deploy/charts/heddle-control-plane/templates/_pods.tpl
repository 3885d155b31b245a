{{- /* What every container of the control plane may do: nothing. */ -}}
{{- define "heddle.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "heddle.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.controllerUID }}
runAsGroup: {{ .Values.controllerGID }}
fsGroup: {{ .Values.controllerGID }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "heddle.probes" -}}
livenessProbe:
  httpGet:
    path: /live
    port: admin-http
  initialDelaySeconds: 10
readinessProbe:
  httpGet:
    path: /ready
    port: admin-http
  failureThreshold: 7
{{- end -}}

{{- /* Image and pull policy of a process of the control plane; takes (list root process). */ -}}
{{- define "heddle.controlPlaneImage" -}}
{{- $root := index . 0 -}}
image: {{ printf "%s:%s" (include "heddle.imageName" (list $root (printf "heddle/%s" (index . 1)))) (include "heddle.version" $root) | quote }}
imagePullPolicy: {{ $root.Values.imagePullPolicy }}
{{- end -}}

{{- /* Variables that every process reads; takes (list root adminPort). */ -}}
{{- define "heddle.environment" -}}
{{- $root := index . 0 -}}
- name: HEDDLE_KUBERNETES
  value: in-cluster
- name: HEDDLE_ADMIN_LISTEN
  value: {{ include "heddle.listen" . | quote }}
- name: HEDDLE_CONTROL_PLANE_NAMESPACE
  value: {{ $root.Release.Namespace }}
- name: HEDDLE_TRUST_ANCHORS_FILE
  value: /var/run/linkerd/identity/trust-roots/ca-bundle.crt
- name: HEDDLE_SCRAPE_NETWORKS
  value: {{ join "," $root.Values.scrapeNetworks | quote }}
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
