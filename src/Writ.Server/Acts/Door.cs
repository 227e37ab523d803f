namespace Writ.Server.Acts;

/// <summary>What kind of calls an endpoint takes.</summary>
public enum Door
{
    /// <summary>Management.</summary>
    Management,

    /// <summary>Questions to the policy: each caller has a budget for them, and identities with that exception bring
    /// tokens that are bound to no key.</summary>
    Questions,

    /// <summary>What APIs need to decide by themselves, and what they decided: by the same budget.</summary>
    Deciders,
}
