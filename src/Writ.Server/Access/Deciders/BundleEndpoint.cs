using System.Collections.Concurrent;
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
public sealed class BundleEndpoint(BundleFacts facts, PolicyShelf policies, SigningKeys keys, RevocationSet revoked)
{
    public const string Action = "access:bundle";
    private const int MaxKept = 64;
    private const int LargestKept = 256 * 1024; // characters
    private const int MaxResources = 200;

    // By who asks, for what, at which version: many instances of an API pull at once when something changes.
    private readonly ConcurrentDictionary<(string Who, string What, long Version, string? Kid), string> _kept = new();

    public Task<ActPlan> PullAsync(ActCall call)
    {
        var names = (call.Query("resources") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length is 0 or > MaxResources)
            return Task.FromResult<ActPlan>(call.Invalid($"Name 1 to {MaxResources} resources.", Action));
        var asking = call.Caller.Principal;
        var target = new ActTarget(
            $"bundle {string.Join(' ', names)}", call.Team, MayDecide(asking) ? asking.Id : null)
        { OwnerOnly = true };
        var rows = new List<ResourceRow>();
        foreach (var name in MayDecide(asking) ? names.Distinct(StringComparer.Ordinal) : [])
        {
            // One that exists and one that does not are told apart by nobody whose they are not.
            if (!call.Registry.ByName.TryGetValue(name, out var row)
                || !AccessRules.MayLetInto(asking.Identity!, row))
                return Task.FromResult<ActPlan>(
                    call.Refuse(403, Reason.NotYours.Code, Reason.NotYours.Message, Action));
            rows.Add(row);
        }
        return Task.FromResult<ActPlan>(call.Read(Action, target, http => AnswerAsync(http, call, rows)));
    }

    /// <summary>Whether somebody decides by itself: whoever serves resources, not whoever uses them.</summary>
    internal static bool MayDecide(Principal who) => who is { IsAgent: false, Identity: not null };

    private async Task AnswerAsync(HttpContext http, ActCall call, IReadOnlyList<ResourceRow> rows)
    {
        var registry = call.Registry;
        var policy = await policies.FindAsync(registry.PolicyTurn?.Digest, call.Cancel);
        var (text, digest) = policy.ToText();
        if (await SignedAsync(call, rows, policy, digest) is not { } signed)
        {
            await Answers.ProblemAsync(
                http, 422, "bundle_too_large", "Too many are entitled there: name fewer resources, or ask the broker.");
            return;
        }
        var answer = new JsonObject { ["bundle"] = signed };
        if (call.Query("policy") != digest) answer["policy"] = text;
        await Answers.JsonAsync(http, StatusCodes.Status200OK, answer);
    }

    private async Task<string?> SignedAsync(
        ActCall call, IReadOnlyList<ResourceRow> rows, PolicyVersion policy, string hash)
    {
        var signer = keys.Current(KeyPurpose.Feed)
            ?? throw new InvalidOperationException("There is no key to sign with.");
        var who = call.Caller.Principal.Id;
        var key = (who, string.Join(',', rows.Select(r => r.Name)), call.Registry.Version, signer.Kid);
        if (_kept.TryGetValue(key, out var known)) return known;
        if (await facts.OfAsync(call.Facts, rows, call.Cancel) is not { } found) return null;
        var payload = new DecisionBundle
        {
            Issuer = call.Registry.Issuer,
            Audience = who,
            Epoch = revoked.Epoch,
            Version = call.Registry.Version,
            PolicyDigest = policy.Digest,
            PolicySha256 = hash,
            MaxDepth = call.Facts.MaxDepth,
            Resources = found.Resources,
            Subjects = found.Subjects,
        }.ToPayload();
        if (payload.Length > BundleFacts.MaxBytes) return null;
        var signed = signer.Sign(DecisionBundle.Typ, payload);
        if (_kept.Count >= MaxKept) _kept.Clear();
        if (signed.Length <= LargestKept) _kept[key] = signed;
        return signed;
    }
}
