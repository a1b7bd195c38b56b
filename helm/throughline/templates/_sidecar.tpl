{{/*
The sidecar as a container of a service's pod. In a chart that has this one as a dependency:

  containers:
    - name: cart
      …
    {{- include "throughline.sidecar" (dict "root" $ "service" "shop/cart" "port" 8080) | nindent 4 }}

root       the context ($), for image, endpoint and resources
service    [NAMESPACE/]NAME of the service
port       the service's own port in the pod
listenPort where the sidecar listens (values: sidecar.listenPort); the Service's targetPort goes there
endpoint   OTLP/HTTP to send to (this release's server)
*/}}
{{- define "throughline.sidecar" -}}
{{- $values := .root.Values -}}
- name: throughline-sidecar
  image: {{ include "throughline.image" .root }}
  imagePullPolicy: {{ $values.image.pullPolicy }}
  args:
    - agent
    - sidecar
    - --listen
    - 0.0.0.0:{{ default $values.sidecar.listenPort .listenPort }}
    - --upstream
    - 127.0.0.1:{{ required "throughline.sidecar: port, the service's own, is required" .port }}
    - --service
    - {{ required "throughline.sidecar: service, as shop/cart, is required" .service | quote }}
    - --instance
    - $(POD_NAME)
    - --endpoint
    - {{ default (include "throughline.endpoint" .root) .endpoint }}
  env:
    - name: POD_NAME
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
    - name: POD_UID
      valueFrom: {fieldRef: {fieldPath: metadata.uid}}
    - name: POD_NAMESPACE
      valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
{{ include "throughline.hostEnv" .root | indent 4 }}
    - name: OTEL_RESOURCE_ATTRIBUTES
      value: k8s.pod.uid=$(POD_UID),k8s.pod.name=$(POD_NAME),k8s.namespace.name=$(POD_NAMESPACE),k8s.node.name=$(THROUGHLINE_HOST_NAME)
    - name: THROUGHLINE_HEAP
      value: 64m
  ports:
    - name: http-measured
      containerPort: {{ default $values.sidecar.listenPort .listenPort }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
    seccompProfile: {type: RuntimeDefault}
  resources:
{{ toYaml $values.sidecar.resources | indent 4 }}
{{- end -}}
