using System.Buffers;
using System.Collections.Immutable;

namespace Writ.Protocol;

/// <summary>
/// From parameters to a <see cref="TokenRequest"/>. Parameters that we do not know are ignored (§3.2).
/// </summary>
internal static class TokenRequestReader
{
    private const int MaxTargets = 32;
    private const int MaxTaskIdLength = 128;

    // RFC 7636 §4.1: code-verifier = 43*128unreserved
    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~");

    internal static TokenRequestOutcome Read(FormBody form)
    {
        var error = ReadGrant(form, out var grant) ?? AddCommon(form, ref grant);
        return error is null ? new TokenRequestOutcome.Parsed(grant!) : new TokenRequestOutcome.Failed(error);
    }

    private static OAuthError? ReadGrant(FormBody form, out TokenRequest? request)
    {
        request = null;
        switch (form["grant_type"])
        {
            case null:
                return OAuthError.InvalidRequest("grant_type is missing");
            case GrantTypes.ClientCredentials:
                request = new TokenRequest.ClientCredentials();
                return null;
            case GrantTypes.TokenExchange:
                return ReadExchange(form, out request);
            case GrantTypes.RefreshToken when form["refresh_token"] is { } token:
                request = new TokenRequest.RefreshToken(token);
                return null;
            case GrantTypes.RefreshToken:
                return OAuthError.InvalidRequest("refresh_token is missing");
            case GrantTypes.AuthorizationCode:
                return ReadCode(form, out request);
            default:
                return OAuthError.UnsupportedGrantType("the grant type is not supported");
        }
    }

    private static OAuthError? ReadExchange(FormBody form, out TokenRequest? request)
    {
        request = null;
        if (form["subject_token"] is not { } subject || form["subject_token_type"] is not { } subjectType)
            return OAuthError.InvalidRequest("subject_token or subject_token_type is missing");

        var actor = form["actor_token"];
        var actorType = form["actor_token_type"];
        if (actor is null != actorType is null)
            return OAuthError.InvalidRequest("actor_token and actor_token_type come together");

        request = new TokenRequest.TokenExchange(
            subject, subjectType, actor, actorType, form["requested_token_type"], form["ticket"]);
        return null;
    }

    private static OAuthError? ReadCode(FormBody form, out TokenRequest? request)
    {
        request = null;
        if (form["code"] is not { } code || form["code_verifier"] is not { } verifier)
            return OAuthError.InvalidRequest("code or code_verifier is missing");
        if (verifier.Length is < 43 or > 128 || verifier.AsSpan().ContainsAnyExcept(Unreserved))
            return OAuthError.InvalidRequest("code_verifier is malformed");
        request = new TokenRequest.AuthorizationCode(code, form["redirect_uri"], verifier);
        return null;
    }

    private static OAuthError? AddCommon(FormBody form, ref TokenRequest? request)
    {
        if (ClientCredentialsInBody.Read(form, out var client) is { } clientError)
            return clientError;
        if (!TryTargets(form, "resource", AuthorizationDetail.IsLocation, out var resources)
            || !TryTargets(form, "audience", IsText, out var audiences))
        {
            return OAuthError.InvalidTarget("resource or audience is malformed");
        }

        RequestedScope? scope = null;
        if (form["scope"] is { } scopeText && !RequestedScope.TryParse(scopeText, out scope))
            return OAuthError.InvalidScope("a scope token is noun:verb or a grant noun:verb[,noun:verb]@resource");

        Authority? details = null;
        if (form["authorization_details"] is { } json && !Authority.TryParse(json, out details, out var detailsError))
            return OAuthError.InvalidAuthorizationDetails(detailsError);
        if (form["task"] is { } task && (task.Length > MaxTaskIdLength || !IsText(task)))
            return OAuthError.InvalidRequest("task is malformed");
        if (form["approval"] is { } approval && (approval.Length > MaxTaskIdLength || !IsText(approval)))
            return OAuthError.InvalidRequest("approval is malformed");
        if (form["may_act"] is { } mayAct && !IsText(mayAct))
            return OAuthError.InvalidRequest("may_act is malformed");

        request = request! with
        {
            Client = client,
            Resources = resources,
            Audiences = audiences,
            Scope = scope,
            AuthorizationDetails = details,
            TaskId = form["task"],
            MayAct = form["may_act"],
            Approval = form["approval"],
        };
        return null;
    }

    private static bool TryTargets(
        FormBody form, string name, Predicate<string> isTarget, out ImmutableArray<string> targets)
    {
        targets = [.. form.All(name).Distinct(StringComparer.Ordinal)];
        return targets.Length <= MaxTargets && targets.All(target => isTarget(target));
    }

    private static bool IsText(string text) =>
        text.Length <= SpiffeId.MaxLength && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}
