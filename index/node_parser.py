"""The splitter as llama-index knows one, for pipelines built of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.node_parser import NodeParser
from llama_index.core.schema import BaseNode, NodeRelationship, TextNode
from pydantic import Field

from index.document import Document
from index.splitter import MAX_CHARACTERS, split


class PassageSplitter(NodeParser):
    """``split`` as a llama-index node parser, with offsets that hold on any text.

    Nodes carry ``start_char_idx``, ``end_char_idx`` and their ``ordinal`` as metadata.
    The base class would look the node's text up again and can land on an earlier repetition, so
    offsets set here are kept.
    """

    max_characters: int = Field(default=MAX_CHARACTERS, ge=1)

    def _parse_nodes(
        self, nodes: Sequence[BaseNode], show_progress: bool = False, **kwargs: Any
    ) -> list[BaseNode]:
        return [child for node in nodes for child in self._children(node)]

    def _postprocess_parsed_nodes(
        self, nodes: list[BaseNode], parent_doc_map: dict[str, Any]
    ) -> list[BaseNode]:
        return nodes

    def _children(self, node: BaseNode) -> list[TextNode]:
        text = node.get_content()
        document = Document(text=text, title=node.metadata.get("title"))
        source = node.as_related_node_info()
        return [
            TextNode(
                text=text[span.start : span.end],
                start_char_idx=span.start,
                end_char_idx=span.end,
                metadata={**node.metadata, "ordinal": span.ordinal},
                relationships={NodeRelationship.SOURCE: source},
            )
            for span in split(document, self.max_characters)
        ]
