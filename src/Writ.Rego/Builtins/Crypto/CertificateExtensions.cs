using System.Formats.Asn1;
using System.Net;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>What the extensions of a certificate say (RFC 5280 §4.2.1), as members of Go's structure.</summary>
internal sealed class CertificateExtensions
{
    private static readonly string[] Usages =
    [
        "2.5.29.37.0", "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4",
        "1.3.6.1.5.5.7.3.5", "1.3.6.1.5.5.7.3.6", "1.3.6.1.5.5.7.3.7", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9",
        "1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1", "1.3.6.1.4.1.311.2.1.22", "1.3.6.1.4.1.311.61.1.1",
    ];

    private readonly List<RegoValue> _all = [];
    private readonly List<string> _dnsNames = [];
    private readonly List<string> _emails = [];
    private readonly List<string> _addresses = [];
    private readonly List<string> _uris = [];
    private readonly List<string> _usages = [];
    private readonly List<string> _policies = [];
    private readonly List<string> _ocsp = [];
    private readonly List<string> _issuers = [];
    private readonly List<string> _revocationLists = [];
    private ReadOnlyMemory<byte>? _subjectKey;
    private ReadOnlyMemory<byte>? _authorityKey;
    private long _keyUsage;
    private bool _hasConstraints;
    private bool _isCa;
    private long _pathLength;

    public void Add(string oid, bool isCritical, ReadOnlyMemory<byte> value)
    {
        _all.Add(new RegoObject.Builder(3)
            .Set("Id", GoJson.ObjectIdentifier(oid))
            .Set("Critical", RegoBoolean.Of(isCritical))
            .Set("Value", GoJson.Bytes(value)).Build());
        var reader = new AsnReader(value, AsnEncodingRules.DER);
        switch (oid)
        {
            case "2.5.29.14":
                _subjectKey = reader.ReadOctetString();
                break;
            case "2.5.29.15":
                ReadKeyUsage(reader.ReadBitString(out _));
                break;
            case "2.5.29.17":
                ReadNames(reader.ReadSequence());
                break;
            case "2.5.29.19":
                ReadConstraints(reader.ReadSequence());
                break;
            case "2.5.29.31":
                ReadRevocationLists(reader.ReadSequence());
                break;
            case "2.5.29.32":
                for (var list = reader.ReadSequence(); list.HasData;)
                {
                    _policies.Add(list.ReadSequence().ReadObjectIdentifier());
                }

                break;
            case "2.5.29.35":
                var authority = reader.ReadSequence();
                var tag = new Asn1Tag(TagClass.ContextSpecific, 0);
                _authorityKey = authority.HasData && authority.PeekTag() == tag ? authority.ReadOctetString(tag) : null;
                break;
            case "2.5.29.37":
                for (var list = reader.ReadSequence(); list.HasData;)
                {
                    _usages.Add(list.ReadObjectIdentifier());
                }

                break;
            case "1.3.6.1.5.5.7.1.1":
                ReadAccess(reader.ReadSequence());
                break;
        }
    }

    /// <summary>The members that a request has too.</summary>
    public void WriteNames(RegoObject.Builder json) => json
        .Set("Extensions", GoJson.List(_all))
        .Set("ExtraExtensions", RegoNull.Instance)
        .Set("DNSNames", GoJson.Texts(_dnsNames))
        .Set("EmailAddresses", GoJson.Texts(_emails))
        .Set("IPAddresses", GoJson.Texts(_addresses))
        .Set("URIs", GoJson.List(_uris.Select(UrlOf)));

    public void Write(RegoObject.Builder json)
    {
        WriteNames(json);
        json.Set("URIStrings", GoJson.Texts(_uris))
            .Set("UnhandledCriticalExtensions", RegoNull.Instance)
            .Set("KeyUsage", RegoNumber.Of(_keyUsage))
            .Set("ExtKeyUsage", GoJson.List(_usages.Where(Usages.Contains)
                .Select(usage => RegoNumber.Of(Array.IndexOf(Usages, usage)))))
            .Set("UnknownExtKeyUsage", GoJson.List(_usages.Where(usage => !Usages.Contains(usage))
                .Select(GoJson.ObjectIdentifier)))
            .Set("BasicConstraintsValid", RegoBoolean.Of(_hasConstraints))
            .Set("IsCA", RegoBoolean.Of(_isCa))
            .Set("MaxPathLen", RegoNumber.Of(_pathLength))
            .Set("MaxPathLenZero", RegoBoolean.Of(_hasConstraints && _pathLength == 0))
            .Set("SubjectKeyId", GoJson.Bytes(_subjectKey))
            .Set("AuthorityKeyId", GoJson.Bytes(_authorityKey))
            .Set("OCSPServer", GoJson.Texts(_ocsp))
            .Set("IssuingCertificateURL", GoJson.Texts(_issuers))
            .Set("CRLDistributionPoints", GoJson.Texts(_revocationLists))
            .Set("PolicyIdentifiers", GoJson.List(_policies.Select(GoJson.ObjectIdentifier)))
            .Set("PermittedDNSDomainsCritical", RegoBoolean.False);
        foreach (var kind in (string[])["DNSDomains", "IPRanges", "EmailAddresses", "URIDomains"])
        {
            json.Set($"Permitted{kind}", RegoNull.Instance).Set($"Excluded{kind}", RegoNull.Instance);
        }
    }

    /// <summary>The first bit of the string is the lowest of the number.</summary>
    private void ReadKeyUsage(byte[] bits)
    {
        for (var i = 0; i < 9 && i / 8 < bits.Length; i++)
        {
            _keyUsage |= (bits[i / 8] & (0x80 >> (i % 8))) != 0 ? 1L << i : 0;
        }
    }

    private void ReadConstraints(AsnReader constraints)
    {
        _hasConstraints = true;
        _isCa = constraints.HasData && constraints.PeekTag() == Asn1Tag.Boolean && constraints.ReadBoolean();
        _pathLength = !constraints.HasData ? -1
            : constraints.TryReadInt64(out var length) ? length
            : throw BuiltinError.Failed("x509: invalid basic constraints");
    }

    private void ReadNames(AsnReader names)
    {
        while (names.HasData)
        {
            var tag = names.PeekTag();
            switch (KindOf(tag))
            {
                case 1:
                    _emails.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    break;
                case 2:
                    _dnsNames.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    break;
                case 6:
                    _uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    break;
                case 7:
                    var address = names.ReadOctetString(tag);
                    _addresses.Add(address.Length is 4 or 16
                        ? new IPAddress(address).ToString()
                        : throw BuiltinError.Failed($"x509: cannot parse IP address of length {address.Length}"));
                    break;
                default:
                    names.ReadEncodedValue();
                    break;
            }
        }
    }

    /// <summary>Which of the general names (§4.2.1.6) it is; other classes and structures are none.</summary>
    private static int KindOf(Asn1Tag tag) =>
        tag is { TagClass: TagClass.ContextSpecific, IsConstructed: false } ? tag.TagValue : -1;

    private void ReadAccess(AsnReader list)
    {
        while (list.HasData)
        {
            var access = list.ReadSequence();
            var method = access.ReadObjectIdentifier();
            var tag = access.PeekTag();
            if (KindOf(tag) == 6)
            {
                (method is "1.3.6.1.5.5.7.48.1" ? _ocsp : _issuers)
                    .Add(access.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            }
        }
    }

    private void ReadRevocationLists(AsnReader points)
    {
        var whole = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        while (points.HasData)
        {
            var point = points.ReadSequence();
            if (!point.HasData || point.PeekTag() != whole)
            {
                continue;
            }

            var name = point.ReadSequence(whole);
            for (var full = name.PeekTag() == whole ? name.ReadSequence(whole) : null; full is { HasData: true };)
            {
                var tag = full.PeekTag();
                if (KindOf(tag) == 6)
                {
                    _revocationLists.Add(full.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                }
                else
                {
                    full.ReadEncodedValue();
                }
            }
        }
    }

    /// <summary>Go's url.URL.</summary>
    private static RegoObject UrlOf(string text)
    {
        var isUri = Uri.TryCreate(text, UriKind.Absolute, out var uri);
        return new RegoObject.Builder(11)
            .Set("Scheme", RegoString.Of(isUri ? uri!.Scheme : ""))
            .Set("Opaque", RegoString.Empty)
            .Set("User", RegoNull.Instance)
            .Set("Host", RegoString.Of(isUri ? uri!.Authority : ""))
            .Set("Path", RegoString.Of(isUri ? Uri.UnescapeDataString(uri!.AbsolutePath) : text))
            .Set("RawPath", RegoString.Empty)
            .Set("OmitHost", RegoBoolean.False)
            .Set("ForceQuery", RegoBoolean.False)
            .Set("RawQuery", RegoString.Of(isUri ? uri!.Query.TrimStart('?') : ""))
            .Set("Fragment", RegoString.Of(isUri ? uri!.Fragment.TrimStart('#') : ""))
            .Set("RawFragment", RegoString.Empty).Build();
    }
}
