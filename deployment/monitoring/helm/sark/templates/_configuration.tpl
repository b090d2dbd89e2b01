# Generated from deployment/kubernetes by `npm run generate`: edit it there.
{{- define "sark.configuration" -}}
{{- range $path, $file := .Files.Glob "files/**" }}
{{ $path }} {{ $file | toString | sha256sum }}
{{- end }}
{{- end }}
