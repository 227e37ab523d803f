using System.Collections.Frozen;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>What an endpoint needs: an action on a resource, perhaps on one thing or one kind of data in it.</summary>
public sealed class WritRequirement : IAuthorizationRequirement
{
    internal WritRequirement(
        ActionName action,
        ResourceName resource,
        Func<HttpContext, string?>? identifier,
        Func<HttpContext, string?>? datatype)
    {
        Action = action;
        Resource = resource;
        Identifier = identifier;
        Datatype = datatype;
    }

    /// <summary>The action.</summary>
    public ActionName Action { get; }

    /// <summary>The registered name of the resource.</summary>
    public ResourceName Resource { get; }

    /// <summary>Finds the one thing in the request; null: the endpoint is about all of them.</summary>
    public Func<HttpContext, string?>? Identifier { get; }

    /// <summary>Finds the kind of data in the request; null: the endpoint is about all of them.</summary>
    public Func<HttpContext, string?>? Datatype { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Action}@{Resource}";

    /// <summary>The same as a question about whoever acts with the token.</summary>
    internal DecisionQuestion QuestionOf(
        VerifiedToken token, HttpContext context, IReadOnlyCollection<string> honours) => new()
        {
            Subject = token.Actor,
            Action = Action.Value,
            Resource = Resource.Value,
            Identifier = Identifier?.Invoke(context),
            Datatypes = Datatype?.Invoke(context) is { } datatype ? [datatype] : null,
            Honours = honours,
            Token = token,
        };

    /// <summary>Whether a token allows it here: exactly what the broker would say of the same authority.</summary>
    internal bool IsMetBy(AccessTokenClaims token, FrozenDictionary<string, string> resources, HttpContext context)
    {
        if (!resources.TryGetValue(Resource.Value, out var location)
            || !token.Audience.Contains(location, StringComparer.Ordinal))
        {
            return false;
        }

        var datatype = Datatype?.Invoke(context);
        try
        {
            var needed = AuthorizationDetail.Of(
                [Action], [location], datatype is null ? null : [datatype], Identifier?.Invoke(context));
            return Narrowing.Contains(token.Authority, Authority.Of(needed));
        }
        catch (ArgumentException)
        {
            // The request names a thing that no authority could name.
            return false;
        }
    }
}
