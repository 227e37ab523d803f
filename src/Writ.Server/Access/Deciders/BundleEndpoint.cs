using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Access.Deciders;

/// <summary>
/// GET /access/v1/bundle: what an API needs to decide by itself about its own resources, signed with the feed's key. It
/// shows no more than the API may ask about, but shows it whole: the facts, and the policy. So it is not for agents.
/// </summary>
public sealed class BundleEndpoint(
    BundleFacts facts, PolicyShelf policies, SigningKeys keys, RevocationSet revoked, Settings settings)
{
    public const string Action = "access:bundle";
    private const int MaxResources = 200;

    private readonly BundleMemory _made = new();

    public async Task<ActPlan> PullAsync(ActCall call)
    {
        var names = (call.Query("resources") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length is 0 or > MaxResources)
            return call.Invalid($"Name 1 to {MaxResources} resources.", Action);
        var asking = call.Caller.Principal;
        var target = new ActTarget(
            $"bundle {string.Join(' ', names)}", call.Team, MayDecide(asking) ? asking.Id : null)
        { OwnerOnly = true };
        var rows = new List<ResourceRow>();
        string[] wanted = MayDecide(asking)
            ? [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]
            : [];
        foreach (var name in wanted)
        {
            // One that exists and one that does not are told apart by nobody whose they are not.
            if (!call.Registry.ByName.TryGetValue(name, out var row)
                || !AccessRules.MayLetInto(asking.Identity!, row))
                return call.Refuse(403, Reason.NotYours.Code, Reason.NotYours.Message, Action);
            rows.Add(row);
        }
        if (settings.Opa is not null && rows.Count > 0)
            return call.Refuse(409, "policy_elsewhere", "An OPA decides here: ask the broker each time.", Action);
        if (rows.Count == 0 || !MayCarry(call)) // what is decided is a no
            return call.Read(Action, target, _ => throw new InvalidOperationException("A bundle of nothing."));
        // Before it is decided: what is too large was not given, and the log says so. It is made once for each version.
        var policy = await policies.FindAsync(call.Registry.PolicyTurn?.Digest, call.Cancel);
        var (text, digest) = policy.ToText();
        return await SignedAsync(call, rows, policy, digest) is not { } signed
            ? call.Refuse(
                422, "bundle_too_large", "Too many are entitled there: name fewer resources, or ask the broker.",
                Action)
            : call.Read(Action, target, http =>
            {
                var answer = new JsonObject { ["bundle"] = signed };
                if (call.Query("policy") != digest) answer["policy"] = text;
                return Answers.JsonAsync(http, StatusCodes.Status200OK, answer);
            });
    }

    private static bool MayCarry(ActCall call) => call.Caller.Authority is { } carried
        && Narrowing.Contains(carried, ManagementActions.Of(Action, call.Registry.Issuer));

    /// <summary>Whether somebody decides by itself: whoever serves resources, not whoever uses them.</summary>
    internal static bool MayDecide(Principal who) => who is { IsAgent: false, Identity: not null };

    private async Task<string?> SignedAsync(
        ActCall call, IReadOnlyList<ResourceRow> rows, PolicyVersion policy, string hash)
    {
        var signer = keys.Current(KeyPurpose.Feed)
            ?? throw new InvalidOperationException("There is no key to sign with.");
        var who = call.Caller.Principal.Id;
        var what = string.Join(',', rows.Select(r => r.Name));
        return await _made.FindAsync(
            new BundleMemory.Key(who, what, call.Registry.Version, signer.Kid),
            () => MakeAsync(call, rows, (policy.Digest, hash), signer), call.Cancel);
    }

    private async Task<string?> MakeAsync(
        ActCall call, IReadOnlyList<ResourceRow> rows, (string Digest, string Sha256) policy, JwsSigner signer)
    {
        if (await facts.OfAsync(call.Facts, rows, call.Cancel) is not { } found) return null;
        var payload = new DecisionBundle
        {
            Issuer = call.Registry.Issuer,
            Audience = call.Caller.Principal.Id,
            Epoch = revoked.Epoch,
            Version = call.Registry.Version,
            PolicyDigest = policy.Digest,
            PolicySha256 = policy.Sha256,
            MaxDepth = call.Facts.MaxDepth,
            Resources = found.Resources,
            Subjects = found.Subjects,
        }.ToPayload();
        return payload.Length > BundleFacts.MaxBytes ? null : signer.Sign(DecisionBundle.Typ, payload);
    }
}
