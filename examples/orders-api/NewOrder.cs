namespace OrdersApi;

/// <summary>What a customer wants.</summary>
internal sealed record NewOrder(string Customer, string What, long Cents);
