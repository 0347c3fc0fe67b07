{{/* The release of NVIDIA's chart that is inside this one. */}}
{{- define "flywheel.release" -}}
{{- .Subcharts.nemo.Chart.Version -}}
{{- end -}}

{{/* The routes of this release, as YAML. */}}
{{- define "flywheel.routes" -}}
{{- $release := include "flywheel.release" . -}}
{{- $routes := list -}}
{{- range .Files.Get "routes.yaml" | fromYamlArray -}}
  {{- if semverCompare (printf ">=%s-0" (.since | default "0.0.0")) $release -}}
    {{- $routes = append $routes . -}}
  {{- end -}}
{{- end -}}
{{- toYaml $routes -}}
{{- end -}}

{{/* The address of a service inside the cluster: dict "root" . "service" NAME */}}
{{- define "flywheel.host" -}}
{{- printf "%s.%s.svc.cluster.local" .service .root.Release.Namespace -}}
{{- end -}}

{{/* The address with the port, from the table of routes: dict "root" . "service" NAME */}}
{{- define "flywheel.url" -}}
{{- $wanted := .service -}}
{{- $host := include "flywheel.host" . -}}
{{- range include "flywheel.routes" .root | fromYamlArray -}}
  {{- if eq .service $wanted -}}{{- printf "http://%s:%v" $host .port -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the Customizer calls this GPU: by its name until release 25.8, by its memory since. */}}
{{- define "flywheel.baseModelVersion" -}}
{{- $large := ne .Values.gpu "L40S" -}}
{{- if semverCompare ">=25.10.0-0" (include "flywheel.release" .) -}}
v1.0.0+{{ ternary "80GB" "40GB" $large }}
{{- else -}}
v1.0.0+{{ ternary "A100" "L40" $large }}
{{- end -}}
{{- end -}}

{{- define "flywheel.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
