"""QR payment: WeChat Pay and Alipay behind one small port (`cardserver.payments.api`)."""
