using System.Collections.Immutable;
using System.Text.Json;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>Applies what somebody wrote to an identity, or says what is wrong with it. Changes nothing.</summary>
public sealed class IdentityForm(Settings settings, PrincipalNames names)
{
    private const int MaxLabels = 32;

    /// <summary>The row as it would be.</summary>
    public async Task<(IdentityRow? Row, string? Fault)> ApplyAsync(
        IdentityRow row, IdentityChanges changes, RegistrySnapshot known, DateTimeOffset now)
    {
        if (changes.Owner is { } owner)
        {
            if (!PlainText.IsText(owner)) return (null, "owner is a short text.");
            row = row with { Owner = await names.OwnerAsync(owner) };
        }
        if (changes.Team is { } team && !PlainText.IsName(team)) return (null, $"team is {PlainText.NameRule}.");
        if (changes.Purpose is { } purpose && !PlainText.IsText(purpose)) return (null, "purpose is a short text.");
        if (changes.Clearance is { } clearance && !Classification.Levels.Contains(clearance, StringComparer.Ordinal))
            return (null, $"clearance is one of {string.Join(", ", Classification.Levels)}.");
        if (LabelFault(changes.Labels) is { } fault) return (null, fault);
        if (changes.MaxTokenSeconds is { } seconds && (seconds < 0 || seconds > settings.TaskLife.TotalSeconds))
            return (null, $"max_token_seconds lies between 0 and {settings.TaskLife.TotalSeconds}.");
        var (expires, unfit) = Expiry(changes, row, now);
        if (unfit is not null) return (null, unfit);
        if (changes.Entitlements is { } items)
        {
            var (authority, why) = RegisteredAuthority.Read(items, known);
            if (authority is null) return (null, $"entitlements: {why}");
            row = row with { Entitlements = authority.ToJson() };
        }
        return (row with
        {
            Team = changes.Team ?? row.Team,
            Purpose = changes.Purpose ?? row.Purpose,
            Clearance = changes.Clearance ?? row.Clearance,
            Labels = changes.Labels is { } labels ? LabelsOf(labels) : row.Labels,
            MaxTokenSeconds = changes.MaxTokenSeconds switch { null => row.MaxTokenSeconds, 0 => null, var s => s },
            ImplicitTask = changes.ImplicitTask ?? row.ImplicitTask,
            Bearer = changes.Bearer ?? row.Bearer,
            ExpiresAt = expires,
        }, null);
    }

    /// <summary>Whether the change makes an exception, which is an act of its own: tokens bound to no key, or tokens
    /// that live longer than the kind's do.</summary>
    public bool IsException(IdentityRow? before, IdentityRow after)
    {
        var longest = Life(after) > Usual(after) ? after.MaxTokenSeconds : 0;
        return (after.Bearer && before is not { Bearer: true }) || longest > (before?.MaxTokenSeconds ?? 0);
    }

    /// <summary>Whether tokens that are out would live on beyond what the change allows: an exception is taken back, or
    /// the identity is to end before they do. A life that was shorter than usual before is over in minutes.</summary>
    public bool OutlivesChange(IdentityRow before, IdentityRow after, DateTimeOffset now)
    {
        var longest = Life(before) > settings.ManagementTokenLife ? Life(before) : settings.ManagementTokenLife;
        return (Life(before) > Usual(before) && Life(after) < Life(before))
            || (after.ExpiresAt < before.ExpiresAt && after.ExpiresAt < (now + longest).ToMicros());
    }

    /// <summary>A pair as it stands in the stored object; null where it is none.</summary>
    public static string? LabelPair(string? text)
    {
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon <= 0) return null;
        var alone = new Dictionary<string, string>(StringComparer.Ordinal) { [text![..colon]] = text[(colon + 1)..] };
        return LabelsOf(alone)[1..^1];
    }

    private TimeSpan Usual(IdentityRow row) =>
        row.Kind == IdentityKind.Agent ? settings.AgentTokenLife : settings.OtherTokenLife;

    private TimeSpan Life(IdentityRow row) =>
        row.MaxTokenSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Usual(row);

    private (long At, string? Fault) Expiry(IdentityChanges changes, IdentityRow row, DateTimeOffset now)
    {
        if (changes.ExpiresAt is not null && changes.ExpiresInDays is not null)
            return (0, "expires_at and expires_in_days exclude each other.");
        var most = now + settings.MaxIdentityLife;
        if (changes.ExpiresInDays is { } days && (days < 1 || days > settings.MaxIdentityLife.TotalDays))
            return (0, $"expires_in_days lies between 1 and {settings.MaxIdentityLife.TotalDays}.");
        var wanted = changes.ExpiresAt ?? (changes.ExpiresInDays is { } d ? now.AddDays(d) : null);
        if (wanted is null) return (row.ExpiresAt, null);
        return wanted > now && wanted <= most
            ? (wanted.Value.ToMicros(), null)
            : (0, $"expires_at lies between now and {settings.MaxIdentityLife.TotalDays} days ahead.");
    }

    private static string? LabelFault(IReadOnlyDictionary<string, string>? labels)
    {
        if (labels is null) return null;
        if (labels.Count > MaxLabels) return $"At most {MaxLabels} labels.";
        return labels.All(l => PlainText.IsName(l.Key) && PlainText.IsText(l.Value))
            ? null
            : $"The name of a label is {PlainText.NameRule}; its value a short text.";
    }

    private static string LabelsOf(IReadOnlyDictionary<string, string> labels) =>
        JsonSerializer.Serialize(labels.ToImmutableSortedDictionary(StringComparer.Ordinal));
}
