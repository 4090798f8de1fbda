"""The hook of what all services answer."""

from typing import Any
from unittest.mock import patch

from moto.core.serialize import AttributePicker, AttributePickerContext, ResponseSerializer

from local.aws.hooks.hook import Hook


def know_where_a_member_is() -> Hook:
    """AWS answers with a large item, or a long history, in about the time of a small one.

    moto works out for each member of an answer, present or not, under which names it may be, and tries them all. That
    takes a third of the time of a request. Where the answer is a dictionary, they depend on its description alone.
    """
    original = ResponseSerializer.get_value

    def get_value(self: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
        picker = self._value_picker
        if type(value) is not dict or not isinstance(picker, AttributePicker) or picker.response_transformers:
            return original(self, value, key, shape)
        names = shape.__dict__.get("possible_names")
        if names is None:
            context = AttributePickerContext(value, key, shape)
            names = shape.possible_names = tuple(dict.fromkeys(picker.get_possible_keys(context)))
        for name in names:
            if name in value:
                return value[name]
        return None

    return patch.object(ResponseSerializer, "get_value", get_value)
