using System.Collections.Immutable;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// Reads <c>authorization_details</c> as RFC 9396 §5 demands: an unknown type, an unknown member, a wrong type or an
/// empty list is refused, never skipped, since what we do not understand might have narrowed.
/// </summary>
internal static class AuthorizationDetailReader
{
    internal static string? Read(JsonElement array, int maxAtoms, out List<AuthorizationDetail> details)
    {
        details = [];
        if (array.ValueKind != JsonValueKind.Array)
            return "authorization_details is a JSON array";

        long atoms = 0;
        foreach (var item in array.EnumerateArray())
        {
            var error = ReadOne(item, out var detail);
            if (error is not null)
                return error;
            atoms += detail!.Atoms;
            if (atoms > maxAtoms)
                return "authorization_details spans too many actions, locations and datatypes";
            details.Add(detail);
        }

        return null;
    }

    private static string? ReadOne(JsonElement item, out AuthorizationDetail? detail)
    {
        detail = null;
        if (item.ValueKind != JsonValueKind.Object)
            return "authorization_details holds JSON objects only";
        if (StrictJson.TextOf(item, "type"u8) is not AuthorizationDetail.Type)
            return "the type of an authorization detail must be writ_access";

        var draft = new Draft();
        foreach (var member in item.EnumerateObject())
        {
            if (draft.Take(member) is { } error)
                return error;
        }

        return draft.Finish(out detail);
    }

    private static string? ReadTexts(JsonElement array, out List<string> texts)
    {
        texts = [];
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() == 0)
            return "actions, locations and datatypes are arrays, never empty";
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
                return "actions, locations and datatypes hold strings";
            texts.Add(item.GetString()!);
        }

        return null;
    }

    // The members of one detail as they come; lives for one ReadOne.
    private struct Draft
    {
        private List<ActionName>? _actions;
        private List<string>? _locations;
        private List<string>? _datatypes;
        private string? _identifier;

        internal string? Take(JsonProperty member)
        {
            switch (member.Name)
            {
                case "type":
                    return null;
                case "actions":
                    return TakeActions(member.Value);
                case "locations":
                    return ReadTexts(member.Value, out _locations);
                case "datatypes":
                    return ReadTexts(member.Value, out _datatypes);
                case "identifier" when member.Value.ValueKind == JsonValueKind.String:
                    _identifier = member.Value.GetString();
                    return null;
                default:
                    return "an authorization detail has an unknown or mistyped member";
            }
        }

        internal readonly string? Finish(out AuthorizationDetail? detail)
        {
            detail = null;
            if (_actions is null || _locations is null)
                return "an authorization detail needs actions and locations";

            ImmutableArray<ActionName> actions = [.. _actions.Distinct().Order()];
            var locations = SortedText.Of(_locations);
            var datatypes = _datatypes is null ? (ImmutableArray<string>?)null : SortedText.Of(_datatypes);
            if (AuthorizationDetail.Fault(actions, locations, datatypes, _identifier) is { } fault)
                return fault;
            detail = AuthorizationDetail.OfCanonical(actions, locations, datatypes, _identifier);
            return null;
        }

        private string? TakeActions(JsonElement array)
        {
            if (ReadTexts(array, out var texts) is { } error)
                return error;
            _actions = new List<ActionName>(texts.Count);
            foreach (var text in texts)
            {
                if (!ActionName.TryParse(text, out var action))
                    return "an action is written noun:verb";
                _actions.Add(action);
            }

            return null;
        }
    }
}
