"""What a repaired picture says of how it was made."""

from xml.sax.saxutils import quoteattr

KEYWORD = "artifix"
_DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about=""'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"{more}'
    f' xmp:CreatorTool="artifix" Iptc4xmpExt:DigitalSourceType="{_DIGITAL_SOURCE_TYPE}"/>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def xmp_packet(told: str = "") -> str:
    """An XMP packet that declares the picture a composite with generated content.

    Args:
        told: provenance, told as artifix:provenance, for formats without a text of their own.
    """
    more = f' xmlns:artifix="urn:artifix" artifix:provenance={quoteattr(told)}' if told else ""
    return _XMP.replace("{more}", more)
