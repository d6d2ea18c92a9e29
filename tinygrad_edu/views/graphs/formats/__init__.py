"""The other forms of a graph: text, DOT, Mermaid, JSON, and files of every kind."""
