using System.Text.Json;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// Reads of a record what it is found by, in one pass over its bytes. What cannot be read is not found by it, and holds
/// nothing up.
/// </summary>
internal sealed class RecordReading
{
    /// <summary>The kind under which what is no record of ours is found.</summary>
    private const string Unreadable = "unreadable";

    private readonly List<RecordTerm> _terms = [];
    private long? _at;
    private long? _expires;
    private string? _kind;
    private string? _outcome;
    private string? _decision;
    private string? _subject;
    private string? _actor;
    private string? _task;
    private string? _jti;
    private string? _reason;
    private string? _workflow;
    private string? _policy;
    private string? _user;
    private string? _approvedBy;

    private RecordReading() { }

    public static RecordIndexRow Of(RecordRow row)
    {
        var reading = new RecordReading();
        try
        {
            reading.Read(row.Core);
            // Both parts have members of the same kind, none in common: which stands where is of no matter here.
            if (row.Detail is { } detail) reading.Read(detail.AsSpan(RecordRow.SaltSize));
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            reading._kind = null; // what stands there is no record; the index goes on behind it
        }
        return reading.Row(row.Idx);
    }

    private RecordIndexRow Row(long idx) => new()
    {
        Idx = idx,
        At = _at ?? 0,
        Kind = _kind ?? Unreadable,
        Outcome = _outcome ?? "deny",
        DecisionId = _decision,
        Subject = _subject,
        Actor = _actor,
        Task = _task,
        Jti = _jti,
        ExpiresAt = _expires,
        Reason = _reason,
        Policy = _policy,
        Workflow = _workflow == TaskRow.NoWorkflow ? null : _workflow,
        OnBehalfOf = _user,
        ApprovedBy = _approvedBy,
        Terms = RecordIndexRow.TermsText(_terms),
    };

    private void Read(ReadOnlySpan<byte> part)
    {
        var json = new Utf8JsonReader(part);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("actor"u8)) _actor = Text(ref json);
            else if (json.ValueTextEquals("at"u8)) _at = Number(ref json);
            else if (json.ValueTextEquals("decision_id"u8)) _decision = Text(ref json);
            else if (json.ValueTextEquals("detail"u8)) ReadDetail(ref json);
            else if (json.ValueTextEquals("expires_at"u8)) _expires = Number(ref json);
            else if (json.ValueTextEquals("jti"u8)) _jti = Text(ref json);
            else if (json.ValueTextEquals("kind"u8)) _kind = Text(ref json);
            else if (json.ValueTextEquals("outcome"u8)) _outcome = Text(ref json);
            else if (json.ValueTextEquals("reason"u8)) _reason = Text(ref json);
            else if (json.ValueTextEquals("subject"u8)) _subject = Text(ref json);
            else if (json.ValueTextEquals("task"u8)) _task = Text(ref json);
            else Skip(ref json);
        }
    }

    /// <summary>With what its task tells: for whom it is, and what stands above it. Whom it was for is not told again
    /// of what was erased.</summary>
    public static RecordIndexRow WithTask(RecordIndexRow row, RecordTask task, bool isErased) => row with
    {
        Workflow = row.Workflow ?? (task.Workflow == TaskRow.NoWorkflow ? null : task.Workflow),
        OnBehalfOf = isErased ? null : row.OnBehalfOf ?? task.OnBehalfOf,
        Terms = task.Ancestors.Length == 0
            ? row.Terms
            : RecordIndexRow.TermsText(
                RecordIndexRow.Read(row.Terms).Concat(Words(TermOf.Above, task.Ancestors))),
    };

    private void ReadDetail(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("policy"u8)) _policy = Text(ref json);
            else if (json.ValueTextEquals("workflow"u8)) _workflow = Text(ref json);
            else if (json.ValueTextEquals("on_behalf_of"u8)) _user = Text(ref json);
            else if (json.ValueTextEquals("approved_by"u8)) _approvedBy = Text(ref json);
            else if (json.ValueTextEquals("approval"u8)) Add(TermOf.Approval, Text(ref json));
            else if (json.ValueTextEquals("approval_digest"u8)) Add(TermOf.Approval, Text(ref json));
            else if (json.ValueTextEquals("act"u8)) AddAll(TermOf.Chain, Text(ref json), " < ");
            else if (json.ValueTextEquals("parent_jti"u8)) Add(TermOf.Credential, Text(ref json));
            else if (json.ValueTextEquals("ancestors"u8)) AddAll(TermOf.Credential, Text(ref json), " ");
            else if (json.ValueTextEquals("handle"u8)) AddHandle(Text(ref json));
            else if (json.ValueTextEquals("action"u8)) Add(TermOf.Action, Text(ref json));
            else if (json.ValueTextEquals("resource"u8)) AddAsked(Text(ref json));
            else if (json.ValueTextEquals("target"u8)) AddTarget(Text(ref json));
            else if (json.ValueTextEquals("audience"u8)) AddAll(TermOf.Resource, Text(ref json), " ");
            else if (json.ValueTextEquals("scope"u8)) AddScope(Text(ref json));
            else if (json.ValueTextEquals("authorization_details"u8)) AddAuthority(ref json);
            else Skip(ref json);
        }
    }

    private void Add(TermOf of, string? value)
    {
        if (!string.IsNullOrEmpty(value)) _terms.Add(new RecordTerm(of, value));
    }

    private void AddAll(TermOf of, string? values, string separator)
    {
        foreach (var value in values?.Split(separator, StringSplitOptions.RemoveEmptyEntries) ?? []) Add(of, value);
    }

    /// <summary>What was revoked: <c>jti:at_…</c>, or the tokens that were decided again, apart by spaces.</summary>
    private void AddHandle(string? handles)
    {
        foreach (var handle in handles?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [])
            if (handle.StartsWith("jti:", StringComparison.Ordinal)) Add(TermOf.Credential, handle[4..]);
            else if (!handle.Contains(':', StringComparison.Ordinal)) Add(TermOf.Credential, handle);
    }

    /// <summary>What another asked about: <c>TYPE ID</c>; found by the id alone, too.</summary>
    private void AddAsked(string? resource)
    {
        Add(TermOf.Resource, resource);
        if (resource?.IndexOf(' ') is { } space and >= 0) Add(TermOf.Resource, resource[(space + 1)..]);
    }

    private void AddTarget(string? target)
    {
        const string resource = "resource ";
        if (target?.StartsWith(resource, StringComparison.Ordinal) == true)
            Add(TermOf.Resource, target[resource.Length..]);
    }

    /// <summary>Grants as they were written: <c>orders:read,orders:list@orders</c>.</summary>
    private void AddScope(string? scope)
    {
        foreach (var grant in scope?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            var at = grant.LastIndexOf('@');
            if (at < 0) continue;
            AddAll(TermOf.Action, grant[..at], ",");
            Add(TermOf.Resource, grant[(at + 1)..]);
        }
    }

    /// <summary>Authority stands in a record as text: its actions and its locations.</summary>
    private void AddAuthority(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String) return;
        var text = new byte[json.ValueSpan.Length];
        var inner = new Utf8JsonReader(text.AsSpan(0, json.CopyString(text)));
        try
        {
            AddAuthority(ref inner, _terms);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // It is shown as it is.
        }
    }

    private static void AddAuthority(ref Utf8JsonReader json, List<RecordTerm> terms)
    {
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.PropertyName) continue;
            TermOf? of = json.ValueTextEquals("actions"u8) ? TermOf.Action
                : json.ValueTextEquals("locations"u8) ? TermOf.Resource
                : null;
            if (of is null)
            {
                json.Skip();
                continue;
            }
            json.Read();
            if (json.TokenType != JsonTokenType.StartArray) continue;
            while (json.Read() && json.TokenType == JsonTokenType.String)
                terms.Add(new RecordTerm(of.Value, json.GetString()!));
        }
    }

    private static IEnumerable<RecordTerm> Words(TermOf of, string words) =>
        words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => new RecordTerm(of, word));

    private static string? Text(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String)
        {
            json.Skip();
            return null;
        }
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // half a character, escaped: no text that anybody could look for
        }
    }

    private static long? Number(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var number)) return number;
        json.Skip();
        return null;
    }

    private static void Skip(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }
}
