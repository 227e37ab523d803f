using System.Buffers;
using System.Text.Json;
using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Decisions;

namespace Writ.Server.Access;

/// <summary>What is searched: a question in which one thing is open.</summary>
/// <param name="Wanted">What is open.</param>
/// <param name="Question">The question, with a star in that place.</param>
/// <param name="Token">The token of the page; null: the first.</param>
/// <param name="Limit">The most results; null: as the token says, else as usual.</param>
internal sealed record SearchForm(Wanted Wanted, AccessQuestion Question, string? Token, int? Limit)
{
    private const string Open = "*";
    private const int MaxToken = 1024;

    /// <summary>What is searched, or what is wrong with it.</summary>
    public static (SearchForm? Form, string? Fault) Read(Wanted wanted, JsonElement body)
    {
        if (wanted is not Wanted.Action && !HasType(body, Name(wanted)))
            return (null, $"{Name(wanted)} is required, with a type.");
        var (question, fault) = EvaluationForm.Read(Closed(wanted, body));
        if (question is null) return (null, fault);
        if (!body.TryGetProperty("page"u8, out var page)) return (new SearchForm(wanted, question, null, null), null);
        if (page.ValueKind != JsonValueKind.Object) return (null, "page is an object.");
        if (page.TryGetProperty("properties"u8, out var more) && more.ValueKind != JsonValueKind.Object)
            return (null, "page.properties is an object.");
        int? limit = null;
        if (page.TryGetProperty("limit"u8, out var number))
        {
            if (number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out var given) || given < 0)
                return (null, "page.limit is a whole number from 0.");
            limit = given;
        }
        string? token = null;
        if (page.TryGetProperty("token"u8, out _))
        {
            token = StrictJson.TextOf(page, "token"u8);
            if (token is not { Length: <= MaxToken }) return (null, "page.token is the next_token of an answer.");
            if (token.Length == 0) token = null;
        }
        return (new SearchForm(wanted, question, token, limit), null);
    }

    /// <summary>The question about one candidate, as somebody would ask it alone.</summary>
    public AccessQuestion About(string candidate) => Wanted switch
    {
        Wanted.Subject => Question with { SubjectId = candidate, Said = SaidWith("subject", "id", candidate) },
        Wanted.Resource => Question with { ResourceId = candidate, Said = SaidWith("resource", "id", candidate) },
        _ => Question with { Action = candidate, Said = SaidWith("action", "name", candidate) },
    };

    private RegoObject SaidWith(string member, string name, string value)
    {
        Question.Said.TryGet(member, out var said);
        return Copy(Question.Said).Set(member, Copy((RegoObject)said!).Set(name, RegoString.Of(value)).Build()).Build();
    }

    private static RegoObject.Builder Copy(RegoObject from)
    {
        var copy = new RegoObject.Builder(from.Count + 1);
        foreach (var (name, value) in from) copy.Set(name, value);
        return copy;
    }

    private static string Name(Wanted wanted) => wanted switch
    {
        Wanted.Subject => "subject",
        Wanted.Resource => "resource",
        _ => "action",
    };

    private static bool HasType(JsonElement body, string member) =>
        body.TryGetProperty(member, out var entity) && entity.ValueKind == JsonValueKind.Object
        && StrictJson.TextOf(entity, "type"u8) is { Length: > 0 };

    /// <summary>The body with a star for what is open: what stands there is not looked at (§8.4.1, §8.5.1).</summary>
    private static JsonElement Closed(Wanted wanted, JsonElement body)
    {
        var open = Name(wanted);
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var member in body.EnumerateObject())
                if (!member.NameEquals(open)) member.WriteTo(json);
            json.WriteStartObject(open);
            if (wanted is Wanted.Action) json.WriteString("name"u8, Open);
            else WriteOpen(json, body.GetProperty(open));
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static void WriteOpen(Utf8JsonWriter json, JsonElement entity)
    {
        foreach (var member in entity.EnumerateObject())
            if (!member.NameEquals("id"u8)) member.WriteTo(json);
        json.WriteString("id"u8, Open);
    }
}

/// <summary>What a search looks for.</summary>
internal enum Wanted
{
    Subject,
    Resource,
    Action,
}
