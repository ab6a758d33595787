package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// renderedPath is where an object is written, in the layout of the official plugin: definitions of custom kinds come first.
func (k *plugin) renderedPath(object *unstructured.Unstructured) string {
	folder := "1-manifest"
	if object.GetKind() == "CustomResourceDefinition" {
		folder = "0-crd"
	}
	parts := []string{strings.ReplaceAll(object.GetAPIVersion(), "/", "_"), strings.ToLower(object.GetKind())}
	if namespace := object.GetNamespace(); namespace != "" {
		parts = append(parts, namespace)
	}
	parts = append(parts, strings.ReplaceAll(object.GetName(), ":", "_"))
	return filepath.Join(k.settings.renderDirectory, folder, strings.Join(parts, "-")+".yaml")
}

// render writes an object as YAML. Secrets end up readable there, so only the owner may read it.
func (k *plugin) render(object *unstructured.Unstructured) error {
	content, err := sigsyaml.Marshal(object.Object)
	if err != nil {
		return err
	}
	path := k.renderedPath(object)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

func (k *plugin) unrender(object *unstructured.Unstructured) error {
	if err := os.Remove(k.renderedPath(object)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// decodeDocuments reads YAML documents; lists are taken apart, and objects of built-in kinds that name no namespace get the
// default one.
func decodeDocuments(content, namespace string) ([]any, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewBufferString(content), 4096)
	var objects []any
	for {
		var document map[string]any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the text is not YAML: %w", err)
		}
		if len(document) == 0 {
			continue
		}
		object := &unstructured.Unstructured{Object: document}
		if object.GetKind() == "" || object.GetAPIVersion() == "" {
			return nil, fmt.Errorf("a document lacks kind or apiVersion: it begins with %.60s", fmt.Sprint(document))
		}
		parts := []*unstructured.Unstructured{object}
		if object.IsList() {
			parts = nil
			list, err := object.ToList()
			if err != nil {
				return nil, err
			}
			for i := range list.Items {
				parts = append(parts, &list.Items[i])
			}
		}
		for _, part := range parts {
			kind := part.GroupVersionKind().GroupKind()
			if namespace != "" && part.GetNamespace() == "" && builtin(kind.Group) && !clusterScoped[kind] {
				part.SetNamespace(namespace)
			}
			objects = append(objects, part.Object)
		}
	}
}
