{{/* What the release's things are called, at most 52 characters: Kubernetes adds suffixes of its own. */}}
{{- define "throughline.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "throughline.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "throughline.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "throughline.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "throughline.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "throughline.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The server's own account: node agents and sidecars ask the API for nothing and share the other. */}}
{{- define "throughline.serverAccount" -}}
{{- if and .Values.serviceAccount.create .Values.discovery.kubernetes -}}
{{- printf "%s-server" (include "throughline.serviceAccount" . | trunc 56 | trimSuffix "-") -}}
{{- else -}}
{{- include "throughline.serviceAccount" . -}}
{{- end -}}
{{- end -}}

{{- define "throughline.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "throughline.fullname" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "throughline.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}

{{/* Where agents send, from any namespace. */}}
{{- define "throughline.endpoint" -}}
http://{{ include "throughline.fullname" . }}.{{ .Release.Namespace }}.svc:{{ .Values.service.otlpHttpPort }}
{{- end -}}

{{/* The names under which the server lets itself be asked for. */}}
{{- define "throughline.hosts" -}}
{{- $name := include "throughline.fullname" . -}}
{{- $own := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) -}}
{{- concat $own .Values.server.allowedHosts | toJson -}}
{{- end -}}

{{/* In a pod the files that name a machine are the image's own: the node's name is its id everywhere. */}}
{{- define "throughline.hostEnv" -}}
- name: THROUGHLINE_HOST_ID
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
- name: THROUGHLINE_HOST_NAME
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
{{- end -}}
