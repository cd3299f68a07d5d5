"""Prints a DAG file's imports and the keywords of its operators, as JSON: python3 dag.py FILE."""

import ast
import json
import sys

source = open(sys.argv[1], encoding="utf-8").read()
compile(source, sys.argv[1], "exec")
imports, calls, bases = {}, {}, {}
for node in ast.walk(ast.parse(source)):
    if isinstance(node, ast.Import):
        for name in node.names:
            imports[name.name] = []
    elif isinstance(node, ast.ImportFrom):
        imports.setdefault(node.module, []).extend(name.name for name in node.names)
    elif isinstance(node, ast.ClassDef):
        bases[node.name] = node.bases[0].id
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        calls.setdefault(node.func.id, []).extend(word.arg for word in node.keywords if word.arg)
named = {}
for name, words in calls.items():
    name = bases.get(name, name)
    if name == "DAG" or name.endswith("Operator"):
        named.setdefault(name, []).extend(words)
print(json.dumps({"imports": imports, "calls": named}))
