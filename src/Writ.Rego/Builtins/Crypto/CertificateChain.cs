using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>The check of a chain whose root comes first and whose leaf comes last.</summary>
internal sealed class CertificateChain
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    private static readonly Dictionary<string, string> KeyUsages = new(StringComparer.Ordinal)
    {
        ["KeyUsageAny"] = "",
        ["KeyUsageServerAuth"] = ServerAuth,
        ["KeyUsageClientAuth"] = "1.3.6.1.5.5.7.3.2",
        ["KeyUsageCodeSigning"] = "1.3.6.1.5.5.7.3.3",
        ["KeyUsageEmailProtection"] = "1.3.6.1.5.5.7.3.4",
        ["KeyUsageIPSECEndSystem"] = "1.3.6.1.5.5.7.3.5",
        ["KeyUsageIPSECTunnel"] = "1.3.6.1.5.5.7.3.6",
        ["KeyUsageIPSECUser"] = "1.3.6.1.5.5.7.3.7",
        ["KeyUsageTimeStamping"] = "1.3.6.1.5.5.7.3.8",
        ["KeyUsageOCSPSigning"] = "1.3.6.1.5.5.7.3.9",
        ["KeyUsageMicrosoftServerGatedCrypto"] = "1.3.6.1.4.1.311.10.3.3",
        ["KeyUsageNetscapeServerGatedCrypto"] = "2.16.840.1.113730.4.1",
        ["KeyUsageMicrosoftCommercialCodeSigning"] = "1.3.6.1.4.1.311.2.1.22",
        ["KeyUsageMicrosoftKernelCodeSigning"] = "1.3.6.1.4.1.311.61.1.1",
    };

    private readonly List<string> _usages = [];
    private string _dnsName = "";
    private long _nanoseconds;

    public CertificateChain(long nanoseconds) => _nanoseconds = nanoseconds;

    public void Read(RegoObject options)
    {
        foreach (var (key, value) in options)
        {
            switch ((key as RegoString)?.Value)
            {
                case "DNSName":
                    _dnsName = (value as RegoString
                        ?? throw BuiltinError.Failed("'DNSName' should be a string")).Value;
                    break;
                case "CurrentTime":
                    var time = value as RegoNumber ?? throw BuiltinError.Failed("'CurrentTime' should be a number");
                    _nanoseconds = time.TryGetInt64(out var moment)
                        ? moment
                        : throw BuiltinError.Failed("'CurrentTime' should be a valid int64 number");
                    break;
                case "MaxConstraintComparisons":
                    _ = value as RegoNumber
                        ?? throw BuiltinError.Failed("'MaxConstraintComparisons' should be a number");
                    break;
                case "KeyUsages":
                    ReadUsages(value);
                    break;
                case not null:
                    throw BuiltinError.Failed("invalid key option");
            }
        }
    }

    /// <summary>From the leaf to the root; null when the leaf is not to be trusted.</summary>
    public List<X509Certificate2>? Verify(IReadOnlyList<X509Certificate2> certificates)
    {
        if (certificates.Count < 2)
        {
            return null;
        }

        var leaf = certificates[^1];
        return _dnsName.Length == 0 || IsFor(leaf, _dnsName)
            ? (_usages.Count == 0 ? [ServerAuth] : _usages)
                .Select(usage => Build(certificates, usage)).FirstOrDefault(built => built is not null)
            : null;
    }

    /// <summary>What is no name of a host at all is nobody's.</summary>
    private static bool IsFor(X509Certificate2 leaf, string name)
    {
        try
        {
            return leaf.MatchesHostname(name, allowCommonName: false);
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            return false;
        }
    }

    /// <summary>For one usage; one of several is enough, and without any a server's is meant.</summary>
    private List<X509Certificate2>? Build(IReadOnlyList<X509Certificate2> certificates, string usage)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = DateTimeOffset.FromUnixTimeSeconds(_nanoseconds / 1_000_000_000).LocalDateTime;
        policy.CustomTrustStore.Add(certificates[0]);
        policy.ExtraStore.AddRange(certificates.Skip(1).SkipLast(1).ToArray());
        if (usage.Length > 0)
        {
            policy.ApplicationPolicy.Add(new Oid(usage));
        }

        return chain.Build(certificates[^1])
            ? [.. chain.ChainElements.Select(element => X509CertificateLoader.LoadCertificate(
                element.Certificate.RawData))]
            : null;
    }

    private void ReadUsages(RegoValue value)
    {
        var names = value switch
        {
            RegoArray array => array.Span.ToArray(),
            RegoSet set => set.ToArray(),
            _ => throw BuiltinError.Failed("'KeyUsages' should be an Array or Set"),
        };
        var texts = names.OfType<RegoString>().Select(name => name.Value.Trim('"')).ToArray();
        var unknown = texts.Where(name => !KeyUsages.ContainsKey(name)).ToArray();
        if (unknown.Length > 0)
        {
            throw BuiltinError.Failed($"invalid entries for 'KeyUsages' found: [{string.Join(' ', unknown)}]");
        }

        _usages.AddRange(texts.Select(name => KeyUsages[name]));
    }
}
