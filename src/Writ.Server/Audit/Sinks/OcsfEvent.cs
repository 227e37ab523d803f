using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// A record as an event of the Open Cybersecurity Schema Framework (docs/siem.md). It claims the oldest version that
/// has all its words, so that receivers of that and of all later ones know them.
/// </summary>
internal static class OcsfEvent
{
    public const string SchemaVersion = "1.5.0";
    private const string Nobody = "unknown";
    private const int MaxPrivileges = 256;
    private static readonly string Version = typeof(OcsfEvent).Assembly.GetName().Version!.ToString(3);

    public static void Write(Utf8JsonWriter json, LogEntry entry, string trustDomain)
    {
        var kind = OcsfKinds.Of(entry.Kind);
        json.WriteStartObject();
        WriteClass(json, entry, kind);
        WriteMetadata(json, entry, trustDomain);
        json.WriteNumber("time"u8, entry.AtMilliseconds);
        WriteSeconds(json, entry);
        json.WriteString("message"u8, Message(entry));
        Member(json, "status_code"u8, entry.Reason);
        Member(json, "status_detail"u8, entry.Detail("why"u8));
        WriteStatus(json, entry, kind);
        if (kind.Class != OcsfKinds.Finding)
        {
            json.WriteStartObject("actor"u8);
            WriteUser(json, "user"u8, entry.Actor ?? entry.Detail("claimed"u8));
            json.WriteEndObject();
            WriteSource(json, entry, isRequired: kind.Class == OcsfKinds.Api);
        }
        WriteContent(json, entry, kind, trustDomain);
        WriteUnmapped(json, entry, kind);
        json.WriteEndObject();
    }

    private static void WriteClass(Utf8JsonWriter json, LogEntry entry, OcsfKind kind)
    {
        json.WriteNumber("activity_id"u8, kind.Activity);
        json.WriteString("activity_name"u8, kind.ActivityName);
        json.WriteNumber("category_uid"u8, kind.Category);
        json.WriteString("category_name"u8, kind.CategoryName);
        json.WriteNumber("class_uid"u8, kind.Class);
        json.WriteString("class_name"u8, kind.ClassName);
        json.WriteNumber("type_uid"u8, kind.Type);
        json.WriteString("type_name"u8, $"{kind.ClassName}: {kind.ActivityName}");
        json.WriteNumber("severity_id"u8, kind.SeverityOf(entry.IsYes));
        json.WriteString("severity"u8, kind.SeverityName(entry.IsYes));
    }

    private static void WriteMetadata(Utf8JsonWriter json, LogEntry entry, string trustDomain)
    {
        json.WriteStartObject("metadata"u8);
        json.WriteString("version"u8, SchemaVersion);
        json.WriteString("uid"u8, entry.Index.ToString(CultureInfo.InvariantCulture));
        json.WriteString("event_code"u8, entry.Kind);
        Member(json, "correlation_uid"u8, entry.Correlation);
        json.WriteString("log_name"u8, "audit"u8);
        json.WriteString("original_time"u8, Instant.Text(entry.At));
        json.WriteString("tenant_uid"u8, trustDomain);
        json.WriteStartObject("product"u8);
        json.WriteString("name"u8, "Writ"u8);
        json.WriteString("vendor_name"u8, "Writ"u8);
        json.WriteString("version"u8, Version);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Of refusals that were counted: how many, and in which second.</summary>
    private static void WriteSeconds(Utf8JsonWriter json, LogEntry entry)
    {
        if (!int.TryParse(entry.Detail("count"u8), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || !long.TryParse(entry.Detail("second"u8), NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            || second > long.MaxValue / 2000) return;
        json.WriteNumber("count"u8, count);
        json.WriteNumber("start_time"u8, second * 1000);
        json.WriteNumber("end_time"u8, (second * 1000) + 999);
    }

    private static string Message(LogEntry entry)
    {
        var (done, who) = (entry.IsYes ? "done" : "refused", entry.Actor ?? entry.Detail("claimed"u8) ?? Nobody);
        var whom = entry.Subject is { } subject ? $" about {subject}" : "";
        var text = $"{entry.Kind} by {who}{whom}: {done}{(entry.Reason is { } reason ? $" ({reason})" : "")}";
        return string.Concat(text.Select(c => LogEntry.IsHidden(c) ? '\uFFFD' : c));
    }

    /// <summary>A finding's status is where it stands, not whether it succeeded.</summary>
    private static void WriteStatus(Utf8JsonWriter json, LogEntry entry, OcsfKind kind)
    {
        var (id, name) = (kind.Class, kind.ActivityName, entry.IsYes) switch
        {
            (OcsfKinds.Finding, _, false) => (99, "Refused"),
            (OcsfKinds.Finding, "Close", _) => (4, "Resolved"),
            (OcsfKinds.Finding, _, _) => (1, "New"),
            (_, _, true) => (1, "Success"),
            _ => (2, "Failure"),
        };
        json.WriteNumber("status_id"u8, id);
        json.WriteString("status"u8, name);
    }

    private static void WriteUser(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? id)
    {
        json.WriteStartObject(name);
        json.WriteString("name"u8, id ?? Nobody);
        if (id is not null) json.WriteString("uid"u8, id);
        var (type, word) = Type(id);
        json.WriteNumber("type_id"u8, type);
        json.WriteString("type"u8, word);
        json.WriteEndObject();
    }

    /// <summary>Persons are users, the broker is the system, and what else has an identity says what it is.</summary>
    private static (int Id, string Word) Type(string? id)
    {
        if (id is null) return (0, "Unknown");
        if (id is "writ") return (3, "System");
        if (!id.StartsWith("spiffe://", StringComparison.Ordinal)) return (0, "Unknown");
        var parts = id.Split('/', 5);
        return parts.Length < 5 ? (0, "Unknown") : parts[3] is "user" or "operator" ? (1, "User") : (99, parts[3]);
    }

    private static void WriteSource(Utf8JsonWriter json, LogEntry entry, bool isRequired)
    {
        var address = IPAddress.TryParse(entry.Detail("source"u8), out var ip) ? ip.ToString() : null;
        if (address is null && !isRequired) return;
        json.WriteStartObject("src_endpoint"u8);
        if (address is not null) json.WriteString("ip"u8, address);
        else json.WriteString("name"u8, entry.Actor ?? Nobody);
        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, LogEntry entry, OcsfKind kind, string trustDomain)
    {
        switch (kind.Class)
        {
            case OcsfKinds.Account:
                WriteUser(json, "user"u8, entry.Subject ?? entry.Actor);
                break;
            case OcsfKinds.Authentication:
                WriteUser(json, "user"u8, entry.Subject ?? entry.Actor ?? entry.Detail("claimed"u8));
                WriteService(json, trustDomain);
                WriteSession(json, entry, trustDomain);
                break;
            case OcsfKinds.Session:
                WriteUser(json, "user"u8, entry.Subject ?? entry.Actor);
                WriteSession(json, entry, trustDomain);
                WritePrivileges(json, entry);
                break;
            case OcsfKinds.Entity:
                WriteNamed(json, "entity"u8, entry);
                Member(json, "comment"u8, entry.Detail("because"u8));
                break;
            case OcsfKinds.Finding:
                WriteFinding(json, entry);
                break;
            default:
                WriteApi(json, entry, trustDomain);
                break;
        }
    }

    private static void WriteService(Utf8JsonWriter json, string trustDomain)
    {
        json.WriteStartObject("service"u8);
        json.WriteString("name"u8, "writ"u8);
        json.WriteString("uid"u8, trustDomain);
        json.WriteEndObject();
    }

    private static void WriteSession(Utf8JsonWriter json, LogEntry entry, string trustDomain)
    {
        var id = entry.Text("jti"u8) ?? entry.Text("task"u8);
        if (id is null) return;
        json.WriteStartObject("session"u8);
        json.WriteString("uid"u8, id);
        json.WriteString("issuer"u8, trustDomain);
        if (entry.ExpiresAt is { } end) json.WriteNumber("expiration_time"u8, end);
        json.WriteEndObject();
    }

    /// <summary>What was given, else what was asked for; the class wants at least one.</summary>
    private static void WritePrivileges(Utf8JsonWriter json, LogEntry entry)
    {
        var privileges = Authority(entry.Detail("authorization_details"u8));
        if (privileges.Count == 0 && entry.Detail("scope"u8) is { } scope)
            privileges.AddRange(scope.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (privileges.Count == 0) privileges.Add("none");
        json.WriteStartArray("privileges"u8);
        foreach (var privilege in privileges.Take(MaxPrivileges)) json.WriteStringValue(privilege);
        json.WriteEndArray();
    }

    /// <summary>Each action at each place. Callers may ask for details of any shape: what has no such, tells none.
    /// </summary>
    private static List<string> Authority(string? details)
    {
        var privileges = new List<string>();
        if (details is null || !StrictJson.TryParse(Encoding.UTF8.GetBytes(details), 32, out var list, out _)
            || list.ValueKind != JsonValueKind.Array) return privileges;
        foreach (var one in list.EnumerateArray())
            foreach (var action in Texts(one, "actions"u8))
                foreach (var place in Texts(one, "locations"u8).DefaultIfEmpty("*"))
                    privileges.Add($"{action}@{place}");
        return privileges;
    }

    private static IEnumerable<string> Texts(JsonElement of, ReadOnlySpan<byte> name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var list)
            && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.String).Select(i => i.GetString()!)
                : [];

    private static void WriteNamed(Utf8JsonWriter json, ReadOnlySpan<byte> name, LogEntry entry)
    {
        var type = entry.Kind[..Math.Max(0, entry.Kind.IndexOf('.', StringComparison.Ordinal))];
        var id = (type is "task" ? entry.Text("task"u8) : null) ?? entry.Subject ?? entry.Text("task"u8) ?? type;
        json.WriteStartObject(name);
        json.WriteString("name"u8, id);
        json.WriteString("uid"u8, id);
        json.WriteString("type"u8, type);
        json.WriteEndObject();
    }

    private static void WriteFinding(Utf8JsonWriter json, LogEntry entry)
    {
        var id = entry.Detail("finding"u8) ?? entry.Detail("signal"u8);
        json.WriteStartObject("finding_info"u8);
        json.WriteString("uid"u8, id ?? entry.Index.ToString(CultureInfo.InvariantCulture));
        json.WriteString("title"u8, entry.Detail("because"u8) ?? entry.Reason ?? entry.Kind);
        json.WriteNumber("created_time"u8, entry.AtMilliseconds);
        json.WriteStartArray("types"u8);
        json.WriteStringValue(entry.Reason ?? entry.Kind);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("resources"u8);
        json.WriteStartObject();
        json.WriteString("uid"u8, entry.Subject ?? entry.Actor ?? Nobody);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteApi(Utf8JsonWriter json, LogEntry entry, string trustDomain)
    {
        json.WriteStartObject("api"u8);
        json.WriteString("operation"u8, entry.Kind);
        WriteService(json, trustDomain);
        if (entry.Text("request_id"u8) is { } request)
        {
            json.WriteStartObject("request"u8);
            json.WriteString("uid"u8, request);
            json.WriteEndObject();
        }
        if (!entry.IsYes && entry.Reason is { } reason)
        {
            json.WriteStartObject("response"u8);
            json.WriteString("error"u8, reason);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        if ((entry.Detail("resource"u8) ?? entry.Subject) is not { } target) return;
        json.WriteStartArray("resources"u8);
        json.WriteStartObject();
        json.WriteString("uid"u8, target);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>What OCSF has no word for, under the record's own names.</summary>
    private static void WriteUnmapped(Utf8JsonWriter json, LogEntry entry, OcsfKind kind)
    {
        json.WriteStartObject("unmapped"u8);
        Form.WriteMembers(json, entry, member => !IsMapped(member, kind));
        if (entry.Size is not EntrySize.Whole)
        {
            json.WriteBoolean("truncated"u8, true);
            json.WriteString("digest"u8, entry.Digest);
        }
        if (entry.IsErased) json.WriteBoolean("erased"u8, true);
        json.WriteEndObject();
    }

    private static bool IsMapped(JsonProperty member, OcsfKind kind) =>
        member.NameEquals("at"u8) || member.NameEquals("kind"u8) || member.NameEquals("outcome"u8)
        || member.NameEquals("reason"u8)
        || (member.NameEquals("actor"u8) && kind.Class != OcsfKinds.Finding)
        || (member.NameEquals("request_id"u8) && kind.Class == OcsfKinds.Api);

    private static void Member(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }
}
