"""Headers that are made to crash a reader or to keep it busy, by what is wrong with them."""

TENSOR = b'"a.lora_down.weight":{"dtype":"F16","shape":[%s],"data_offsets":[0,2]}'
BAD = {
    "nested lists": b'{"a":' + b"[" * 2_000_000,
    "nested objects": b'{"a":' * 300_000,
    "many objects": b'{"a":[' + b"{}," * 1_500_000 + b"{}]}",
    "many tensors": b"{" + b",".join(b'"%d":{"dtype":0}' % n for n in range(300_000)) + b"}",
    "a huge number": b"{" + TENSOR % (b"9" * 5_000_000) + b"}",
    "a negative length": b"{" + TENSOR % b"-1" + b"}",
    "a fraction": b"{" + TENSOR % b"1.5" + b"}",
    "infinity": b"{" + TENSOR % b"1e999" + b"}",
    "a truth": b"{" + TENSOR % b"true" + b"}",
    "no UTF-8": b'{"\xff\xfe":1}',
    "half a surrogate": b'{"\\ud800":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}',
    "a list": b"[1,2]",
    "no JSON": b"\x80\x02}q\x00.",
    "a tensor that is a text": b'{"a":"b"}',
    "a shape that is a text": b'{"a":{"dtype":"F16","shape":"12","data_offsets":[0,2]}}',
    "metadata that is a list": b'{"__metadata__":[],' + TENSOR % b"1" + b"}",
    "nothing": b"",
}
