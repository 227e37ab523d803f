using System.Security.Cryptography;
using Writ.Cli.Printing;
using Writ.Client;
using Writ.Protocol;

namespace Writ.Cli.Profiles;

/// <summary>A principal at its broker for the life of one command. Owns the key that it loaded.</summary>
internal sealed class Session : IDisposable
{
    private const string DefaultAddr = "http://127.0.0.1:8420";

    /// <summary>How long a broker may take that starts on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ECDsa _key;

    private Session(Profile profile, ECDsa key, Surroundings outside, TimeSpan approvalPatience)
    {
        Profile = profile;
        _key = key;
        Client = new WritClient(new WritClientOptions
        {
            Issuer = profile.Addr,
            ClientId = profile.ClientId,
            Key = key,
            Time = outside.Time,
            Timeout = Patience,
            ApprovalPatience = approvalPatience,
            WaitingForApproval = pending => Tell(outside, pending),
            // Tokens are bound to the registered key itself: what `token get` prints can be used by whoever holds it.
            ProofKey = key,
        });
    }

    public Profile Profile { get; }

    public WritClient Client { get; }

    /// <summary><c>agent/billing</c> as a SPIFFE id of our own trust domain.</summary>
    public string FullName(string name) => FullName(name, Profile);

    /// <summary>The home's profile, each part overruled by WRIT_ADDR, WRIT_IDENTITY and WRIT_KEY.</summary>
    /// <exception cref="UnableException">Something is missing.</exception>
    public static Session Open(
        WritHome home, Surroundings outside, TimeSpan approvalPatience, CancellationToken cancel) =>
        Open(Choose(home, outside, cancel), outside, approvalPatience);

    /// <summary>Says that somebody has to approve something first.</summary>
    public static void Tell(Surroundings outside, PendingApproval pending) =>
        outside.Error.WriteLine(
            $"writ: waiting for an approval{(pending.Because is { } why ? $" ({SafeText.Of(why)})" : "")}. "
            + $"{WhoOf(pending)} says: writ request approve {SafeText.Of(pending.Id)}");

    private static string WhoOf(PendingApproval pending) => pending.Approvers.Count == 0
        ? "Somebody else"
        : $"Somebody else ({string.Join(", ", pending.Approvers.Select(SafeText.Of))})";

    /// <summary>Whether it can be a broker's address: an https origin, or http on loopback.</summary>
    /// <exception cref="UsageException">It cannot.</exception>
    public static string CheckAddr(string addr)
    {
        var fits = Uri.TryCreate(addr, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            && uri is { PathAndQuery: "/", UserInfo: "" } && !addr.EndsWith('/');
        if (fits)
            return addr;
        var isHere = addr.StartsWith("127.", StringComparison.Ordinal)
            || addr.StartsWith("localhost", StringComparison.Ordinal);
        var hint = addr.Contains("://", StringComparison.Ordinal)
            ? ""
            : $" Did you mean {(isHere ? "http" : "https")}://{addr}?";
        throw new UsageException($"{addr} is no broker's address: an https origin, or http on loopback.{hint}");
    }

    public static Session Open(Profile profile, Surroundings outside, TimeSpan approvalPatience = default)
    {
        CheckAddr(profile.Addr);
        var key = AgentKey.Load(profile.KeyFile);
        try
        {
            return new Session(profile, key, outside, approvalPatience);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Where the broker is, for what needs no principal.</summary>
    public static string AddrOf(WritHome home, Surroundings outside) =>
        (outside.Variable("WRIT_ADDR") ?? home.Read()?.Addr ?? DefaultAddr).TrimEnd('/');

    /// <summary>Who acts at which broker. A short name (<c>agent/billing</c>) is completed by the broker's trust
    /// domain, as the profile for that broker knows it, else by asking.</summary>
    public static Profile Choose(WritHome home, Surroundings outside, CancellationToken cancel)
    {
        var saved = home.Read();
        var addr = AddrOf(home, outside);
        var identity = outside.Variable("WRIT_IDENTITY") is { } given ? Whole(given, addr, saved, cancel) : null;
        var key = outside.Variable("WRIT_KEY");
        if (identity is not null && key is null && identity != saved?.ClientId)
            throw new UnableException("WRIT_IDENTITY is set: set WRIT_KEY to the file with its private key, too.");
        if ((identity ?? saved?.ClientId) is not { } name || (key ?? saved?.KeyFile) is not { } file)
        {
            throw new UnableException(
                $"There is no profile in {home.Folder}: log in with `writ login`, or set WRIT_IDENTITY and WRIT_KEY.");
        }

        return new Profile(addr, name, Path.GetFullPath(file, outside.Folder));
    }

    public void Dispose()
    {
        Client.Dispose();
        _key.Dispose();
    }

    private static string Whole(string name, string addr, Profile? saved, CancellationToken cancel)
    {
        if (SpiffeId.TryParse(name, out _))
            return name;
        if (saved is not null && saved.Addr == addr && SpiffeId.TryParse(saved.ClientId, out _))
            return FullName(name, saved);
        var whole = $"spiffe://{BrokerDomain.Of(addr, cancel)}/{name}";
        return SpiffeId.TryParse(whole, out _) ? whole : throw NoName(name);
    }

    // `agent/billing` is short for the SPIFFE id in the trust domain of the profile.
    private static string FullName(string name, Profile own)
    {
        if (SpiffeId.TryParse(name, out _))
            return name;
        return SpiffeId.TryParse(own.ClientId, out var self)
            ? $"spiffe://{self.TrustDomain}/{name}"
            : throw NoName(name);
    }

    private static UsageException NoName(string name) =>
        new($"“{name}” is not a SPIFFE id such as spiffe://example.org/agent/billing.");
}
